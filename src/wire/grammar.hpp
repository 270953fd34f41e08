// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "wire/command.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// What the text form and the JSON form of a command share.
namespace usbroute::wire {

/// What a line says, before the rules are asked whether that is a command.
struct Said {
    config::Verb verb = config::Verb::status;
    bool is_to_be_planned = false;
    std::vector<std::string> names = {};     ///< connectors of move and why, profiles of apply and toggle
    config::Target to;                       ///< move and answer
    bool always = false;                     ///< answer
    plan::Request options = {};              ///< its wish says nothing
    std::vector<std::string> of_assign = {}; ///< guest, what, function, place: as many as were said
};

/// The rules that do not depend on how the command was written: which names may be there, and how many. The error is a
/// sentence.
[[nodiscard]] std::expected<Command, std::string> command_in(Said said);

/// Guest, what, function, place, as far as they are said.
[[nodiscard]] std::vector<std::string> words_of(const assign::Ask& ask);

/// "toogle is not a command; did you mean toggle?"
[[nodiscard]] std::string not_a_command(std::string_view word);

/// A line that begins with '{'.
[[nodiscard]] std::expected<Command, NotACommand> read_json_command(std::string_view line);
[[nodiscard]] std::string to_json_line(const Command& command);

} // namespace usbroute::wire
