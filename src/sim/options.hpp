// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::sim {

struct Options {
    std::string board;     ///< folder of a recorded machine; empty: the one that comes with the program
    std::string directory; ///< empty: a temporary one, removed at the end
    std::string script;    ///< file, or "-" for standard input; empty: none
    std::string trace;     ///< file for what is said to programs and guests, and when; empty: none
    std::chrono::milliseconds delay{20};
    bool is_quiet = false;     ///< moves are not announced
    bool wants_daemon = false; ///< usbrouted runs beside the command; beside a shell it does in any case
    bool wants_help = false;
    bool wants_version = false;
    std::vector<std::string> command; ///< empty: a shell, where there is a terminal
};

[[nodiscard]] Result<Options> parse_options(const std::vector<std::string>& arguments);
[[nodiscard]] std::string help_text();

} // namespace usbroute::sim
