// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "sim/options.hpp"

namespace usbroute::sim {

/// Makes the board, runs script and command (or shell) inside, takes everything down again. The value is the
/// exit status.
[[nodiscard]] Result<int> run_board(const Options& options);

/// The argument by which the program asks itself whether programs started here really are inside.
inline constexpr const char* inside_check = "--check-inside";

} // namespace usbroute::sim
