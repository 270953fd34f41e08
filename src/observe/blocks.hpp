// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/host_use.hpp"
#include "topology/snapshot.hpp"

#include <vector>

namespace usbroute::observe {

/// The block devices below USB devices, their partitions, and whatever is stacked on them (device mapper, RAID,
/// bcache), by name.
[[nodiscard]] std::vector<topology::BlockDevice> read_usb_blocks(const KernelTree& tree);

/// The loop devices that are over something, and the zram devices that write back to something. They come and go without an event of anything that is moved.
[[nodiscard]] std::vector<topology::LoopDevice> read_loops(const KernelTree& tree);

} // namespace usbroute::observe
