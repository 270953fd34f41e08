// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/host_use.hpp"

#include <vector>

namespace usbroute::observe {

/// What can be read without rights of how the host uses its disks: mounts, swap, loop devices, members of file systems that
/// span several devices, what is served to others. Where a list cannot be read to its end, `mounts_unreadable` says so.
void look_at_disks(const KernelTree& tree, const topology::UseParts& parts, topology::HostUse& use);

/// What the kernel serves to others without claiming it. Without the numbers of the nodes.
[[nodiscard]] std::vector<topology::Export> read_exports(const KernelTree& tree);

} // namespace usbroute::observe
