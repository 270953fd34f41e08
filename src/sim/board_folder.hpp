// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "sim/board.hpp"

#include <memory>
#include <string>

namespace usbroute::sim {

/// The board that is played unless another is named. It comes with the program.
inline constexpr const char* usual_board = "z97e-itx-ac";

/// Where that board is: beside the program in a build, or installed.
[[nodiscard]] Result<std::string> usual_board_folder();

/// Loads the recorded machine in a folder, with its own configuration where it has one.
[[nodiscard]] Result<std::shared_ptr<const Board>> board_in(const std::string& folder);

} // namespace usbroute::sim
