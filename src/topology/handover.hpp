// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "chips/chipset.hpp"
#include "topology/activity.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::topology {

/// What decides how one controller changes hands, besides its driver and its IOMMU group.
struct HandoverState {
    PciAddress address;
    std::string driver_override; ///< sysfs' file of that name; empty: none
    /// The ways in which the kernel can reset it, in its own words and order: "af_flr", "pm", "bus". Nothing: the
    /// kernel tells none, for it knows no way, or is older than 5.15 (which brought the file).
    std::optional<std::vector<std::string>> reset_methods;
    /// Whether its capabilities promise a function level reset. Nothing: they could not be read, which takes
    /// CAP_SYS_ADMIN.
    std::optional<bool> function_level_reset;
    bool operator==(const HandoverState&) const = default;
};

/// A disk, a partition, or what is stacked on one.
struct BlockName {
    std::string name;        ///< "sda2", "dm-0"
    std::string number;      ///< "8:2", as in mountinfo; empty: not told
    std::string mapper_name; ///< "luks-root"; empty: none
    bool operator==(const BlockName&) const = default;
};

/// What the host has on a function of PCI, as far as it would be missed.
struct FunctionLoad {
    PciAddress address;
    std::vector<BlockName> blocks;
    std::vector<CarriedRoute>
        route_carriers;             ///< network interfaces that the host is reached by, or reaches its files
    bool drives_the_screen = false; ///< the console is on it, or was when the machine started
    bool operator==(const FunctionLoad&) const = default;
};

/// Everything beyond the snapshot that a handover is decided on.
struct HandoverLook {
    std::vector<chips::PciFunction> functions; ///< all of the PCI bus, by address: they make the groups
    std::vector<HandoverState> controllers;    ///< those that drive USB, by address
    std::vector<FunctionLoad> loads = {};      ///< of what shares an IOMMU group with a USB controller
    bool vfio_driver = false;                  ///< vfio-pci can be bound to

    [[nodiscard]] const chips::PciFunction* function_at(const PciAddress& address) const;
    [[nodiscard]] const HandoverState* state_of(const PciAddress& address) const;
    [[nodiscard]] const FunctionLoad* load_of(const PciAddress& address) const;
    bool operator==(const HandoverLook&) const = default;
};

/// A process that has an IOMMU group open, or a function of it: it runs the guest that has that group.
struct GroupHolder {
    std::uint32_t group = 0;
    std::uint32_t process = 0;
    std::string command; ///< "qemu-system-x86", as the kernel has it: cut after 15 bytes
    bool operator==(const GroupHolder&) const = default;
};

struct HolderLook {
    std::vector<GroupHolder> holders; ///< by process, each group once
    bool complete = false;            ///< false: there are processes into which this user may not look
};

} // namespace usbroute::topology
