// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// The command line of a small program beside the daemon, and what all of them do the same way.
namespace usbroute::linux_ {

/// Beside --version and --help, which each has.
struct ProgramOption {
    const char* name = "";   ///< without its dashes
    bool takes_word = false; ///< "--name WORD"
    std::function<void(const char* word)> said;
};

struct Program {
    const char* name = "";
    std::string_view help;                                 ///< a whole text
    std::size_t most_arguments = 0;                        ///< that are no options
    std::string_view too_many = "no argument is expected"; ///< what is said of more
};

/// The arguments that are no options, once what was said has been told. Otherwise the code to end with: 0 where help or
/// version was wanted and is written, 2 where the line is wrong, which has been said.
[[nodiscard]] std::expected<std::vector<std::string>, int>
read_command_line(int argc, char** argv, const Program& program, const std::vector<ProgramOption>& options);

/// On standard error, behind the program's name. Returns `code`.
int say_why(const Program& program, int code, std::string_view text);

/// The whole of a `main`: what a library throws ends the program with its words, and 1.
[[nodiscard]] int run_whole(const Program& program, const std::function<int()>& run);

} // namespace usbroute::linux_
