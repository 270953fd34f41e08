// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cli/options.hpp"

#include <string_view>

namespace usbroute::cli {

/// What a program of ours does from main's arguments to its exit code: reads the command line, says what is wrong
/// with it or shows its help, and runs `run`. Output that could not be written is no success.
[[nodiscard]] int run_program(int argc, char** argv, int (*run)(const Invocation&));

/// The same for a program into which `usbroute COMMAND` turns (cli/hand_over.hpp): any other command is refused.
[[nodiscard]] int run_part(int argc, char** argv, std::string_view command, int (*run)(const Invocation&));

} // namespace usbroute::cli
