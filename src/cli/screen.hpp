// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "cli/options.hpp"
#include "report/table.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// What a person or a script sees: data on stdout, the rest on stderr, and the exit code.
namespace usbroute::cli {

inline constexpr int exit_done = 0;

/// As in the man page: 1 failed, 2 usage, 3 daemon not reachable, 4 no such connector, profile or guest, 5 not
/// permitted, 6 refused, 7 timed out, 8 left half-way.
[[nodiscard]] int exit_code_of(ErrorKind kind);

void print(std::string_view text);
/// "usbroute: ..." on stderr, unless --quiet.
void note(const Options& options, std::string_view text);
/// A line about what was done, for a person at a terminal: on stderr, and only if that is one. Scripts, --quiet, --json and --verbose (which has it
/// on stdout) get nothing.
void tell(const Options& options, std::string_view text);
/// "usbroute: warning: ...", unless --quiet.
void warn(const Options& options, std::string_view text);
/// Says what went wrong, a line for each line of the message; as JSON where that was asked for. Returns the exit
/// code.
[[nodiscard]] int fail(const Error& error, bool json);

/// What the terminal behind stdout can show: by --color, NO_COLOR, CLICOLOR_FORCE, TERM, LC_ALL, LC_CTYPE, LANG.
[[nodiscard]] report::Style style_of_terminal(const Options& options);
[[nodiscard]] bool stdout_is_a_terminal();
/// Rows of the terminal behind stdout; 0 if it is not a terminal.
[[nodiscard]] std::size_t rows_of_terminal();

} // namespace usbroute::cli
