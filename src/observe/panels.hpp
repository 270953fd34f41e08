// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/snapshot.hpp"

#include <map>
#include <string>

namespace usbroute::observe {

/// On which side of the case firmware has the ports of root hubs, in the kernel's words: "top", "bottom", "left", "right", "front",
/// "back" (Documentation/ABI/testing/sysfs-devices-physical_location, Linux 5.18; from ACPI's _PLD). Ports of which it is not told
/// are left out.
[[nodiscard]] std::map<topology::PortPath, std::string> read_panels(const KernelTree& tree,
                                                                    const topology::Snapshot& snapshot);

} // namespace usbroute::observe
