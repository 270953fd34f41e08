// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "guest/border.hpp"
#include "guest/exit_code.hpp"

#include <span>
#include <string>
#include <string_view>

namespace usbroute::guest {

/// What is left to say when everything is over.
struct Said {
    ExitCode code = ExitCode::done;
    std::string out; ///< for stdout: help and version; answers were shown already
    std::string err; ///< for stderr
    bool was_stopped = false;
    bool show_errors = false; ///< `err` is wanted in a box too
};

/// The whole program between its arguments and its end.
[[nodiscard]] Said run(std::span<const std::string_view> words, Border& border);

} // namespace usbroute::guest
