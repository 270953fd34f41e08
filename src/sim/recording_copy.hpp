// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "observe/kernel_tree.hpp"
#include "sim/file_tree.hpp"

namespace usbroute::sim {

/// Copies what a recording shows of the kernel and of udev. No link of the copy leads out of it, and what is neither a
/// file, a link nor a folder is left out.
[[nodiscard]] Result<void> copy_recording(const observe::KernelTree& from, const FileTree& to);

} // namespace usbroute::sim
