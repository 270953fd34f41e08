// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace usbroute::observe {

/// The processes of /proc, ascending, so that the first to be named is the same each time; a bounded number of them.
[[nodiscard]] std::vector<std::uint32_t> processes_in(const KernelTree& tree);

/// "process 812 (upsd)", safe to print.
[[nodiscard]] std::string shown_process(const KernelTree& tree, std::uint32_t process);

} // namespace usbroute::observe
