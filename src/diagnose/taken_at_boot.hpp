// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/condition.hpp"
#include "topology/snapshot.hpp"

#include <optional>
#include <string>
#include <vector>

namespace usbroute::diagnose {

/// What gave a controller to vfio-pci or a stub when the machine started.
struct TakenAtBoot {
    std::string evidence;    ///< "/proc/cmdline: vfio-pci.ids=8086:8cb1"
    std::string off;         ///< "remove vfio-pci.ids=8086:8cb1 from the kernel's command line and reboot"
    std::string id = {};     ///< "8086:8cb1"; empty: it is not named by an id
    std::string rest = {};   ///< "out of ids= in /etc/modprobe.d/vfio.conf, ...", where only the id has to go
    std::size_t all_ids = 0; ///< that the same word or line names
};

/// By ids (vfio-pci.ids=, pci-stub.ids=, `options vfio-pci ids=` of modprobe.d) or by address (xen-pciback.hide=). Nothing:
/// no such word names this controller and its driver.
[[nodiscard]] std::optional<TakenAtBoot> taken_at_boot(const topology::PciController& controller,
                                                       const topology::Condition& condition);

/// How to get back what one word or line took, in one sentence; `taken` has the same evidence throughout.
[[nodiscard]] std::string how_to_get_back(const std::vector<TakenAtBoot>& taken);

} // namespace usbroute::diagnose
