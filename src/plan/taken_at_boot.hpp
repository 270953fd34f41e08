// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/condition.hpp"
#include "topology/snapshot.hpp"

#include <optional>
#include <string>

namespace usbroute::plan {

/// What gave a controller to vfio-pci or a stub when the machine started.
struct TakenAtBoot {
    std::string evidence; ///< "/proc/cmdline: vfio-pci.ids=8086:8cb1"
    std::string remedy;   ///< "take vfio-pci.ids=8086:8cb1 off the kernel's command line and start again"
};

/// By ids (vfio-pci.ids=, pci-stub.ids=, `options vfio-pci ids=` of modprobe.d) or by address (xen-pciback.hide=). Nothing:
/// no such word names this controller and its driver.
[[nodiscard]] std::optional<TakenAtBoot> taken_at_boot(const topology::PciController& controller,
                                                       const topology::Condition& condition);

} // namespace usbroute::plan
