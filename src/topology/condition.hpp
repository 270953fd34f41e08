// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "chips/chipset.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace usbroute::topology {

/// A line of somebody's script or unit file that may write the routing registers or put the xHCI to sleep.
struct ForeignLine {
    std::string file; ///< below the root, without a leading slash
    std::string line;
    bool operator==(const ForeignLine&) const = default;
};

/// The rest of the machine, as far as it decides whether sockets can be moved: the PCI bus, firmware, kernel, and
/// who else writes. What could not be looked at is absent, which is not the same as "no".
struct Condition {
    std::vector<chips::PciFunction> functions; ///< by address
    std::string maker;                         ///< DMI's sys_vendor
    std::string model;                         ///< DMI's product_name
    std::string hypervisor;                    ///< below this kernel, as in "xen"; empty: none told
    /// Those words of the kernel's command line that matter here ("intel_iommu=on"); nothing: not readable.
    std::optional<std::vector<std::string>> kernel_words;
    std::vector<std::string> modules; ///< those loaded that matter here
    std::string lockdown;             ///< "integrity", "confidentiality"; empty: none, or not told
    bool lockdown_told = false;
    bool iommu_units = false;           ///< the kernel drives an IOMMU
    bool iommu_groups = false;          ///< and has made groups
    std::optional<bool> firmware_iommu; ///< ACPI has a DMAR or IVRS table; nothing: not told
    bool vfio_driver = false;           ///< vfio-pci can be bound to
    /// power/control of each xHCI: "on", or "auto", which lets the kernel suspend it.
    std::vector<std::pair<PciAddress, std::string>> power_controls;
    std::vector<ForeignLine> foreign_lines;
    std::vector<std::string>
        services; ///< enabled ones that matter here, as their links: ".../powertop.service"
    std::vector<PciAddress> driverctl; ///< functions whose driver driverctl sets at each boot
    std::string usbguard;              ///< what shows that USBGuard is installed; empty: nothing does
    bool operator==(const Condition&) const = default;
};

} // namespace usbroute::topology
