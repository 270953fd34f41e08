// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/claims.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace usbroute::linux_ {

/// A block device that the kernel can be asked about.
struct AskedBlock {
    std::string name;       ///< "sdb1"; in /dev, "!" is a slash
    std::string number;     ///< "8:17"
    std::string whole_disk; ///< "sdb"; its own name for a whole disk
    std::vector<std::string>
        raw; ///< numbers of the character devices by which a whole disk is reached too: sg, bsg
};

/// Every disk and partition whose place in sysfs is below a USB device, and nothing else.
[[nodiscard]] std::vector<AskedBlock> usb_blocks_to_ask(const observe::KernelTree& tree);

/// Asks the kernel who has them. Needs the right to read block devices, and CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE for
/// the open files of others.
///
/// Each disk is opened exclusively, for microseconds, in which a mount would be told that it is busy. Only for reading and
/// without waiting for a medium: such an open pulls in no drawer, and udev does not take its close for a change of what is on
/// the disk (it watches for IN_CLOSE_WRITE). It wakes a disk that the kernel has put to sleep. For a disk that hangs it waits as
/// long as that does, so it is not for the daemon. Goes through open files for at most `budget`.
[[nodiscard]] topology::Claims ask_kernel(const std::vector<AskedBlock>& blocks,
                                          std::chrono::milliseconds budget = std::chrono::milliseconds{1500});

/// What the kernel uses without a claim and without an open file of a process: what lies below loop devices, as each of them
/// says (loop(4), LOOP_GET_STATUS64), and what is served to others, by the node that its path is in any mount namespace.
[[nodiscard]] std::vector<topology::Under> under_loops_and_targets(const observe::KernelTree& tree);

/// All of it, of the live machine. May wait as `ask_kernel` does.
[[nodiscard]] topology::Claims ask_kernel_itself();

/// The same for the live machine, in a child process, and `silent` when there is no answer within that time. For programs
/// without threads. `absent` for users other than root.
[[nodiscard]] topology::Claims ask_kernel_as_root(std::chrono::milliseconds patience = std::chrono::seconds{
                                                      3});

} // namespace usbroute::linux_
