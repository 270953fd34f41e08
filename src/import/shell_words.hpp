// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "import/limits.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::import_ {

/// A word as it is in one branch of a script.
struct ShellChoice {
    std::string text;
    std::string label; ///< as of a command
};

/// A word of a script. Nothing is run: a variable that was set to a literal earlier in the file is put in, the rest is said.
struct ShellWord {
    std::string text;
    std::uint32_t line = 0;
    std::string
        unknown; ///< the first thing in it that only a shell could tell: "$GUEST", "$(...)"; empty: it is whole
    bool is_quoted = false;
    std::vector<ShellChoice> choices =
        {}; ///< where one variable in it has a value for each branch; then it is not known as a whole
};

/// A command, an assignment, or the words of an array.
struct ShellCommand {
    enum class Form : std::uint8_t { command, assignment, array };
    Form form = Form::command;
    std::uint32_t line = 0;
    std::string variable; ///< of an assignment or an array
    bool adds = false;    ///< "+="
    std::vector<ShellWord> words;
    std::string label; ///< the word of the `case`, or the function, in which it stands; empty: in none
};

/// Cuts a script of a POSIX shell or bash into its commands. What it cannot read ends the word and is passed over.
[[nodiscard]] std::vector<ShellCommand> read_shell(std::string_view text);

} // namespace usbroute::import_
