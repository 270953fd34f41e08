// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/request.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace usbroute::wire {

inline constexpr std::size_t longest_line = 4096; ///< bytes, without its end

/// Text lines get text answers, JSON objects get JSON answers.
enum class Form : std::uint8_t { text, json };

/// One line of a client, understood. Its request, if it has one, is to move, apply, toggle or undo.
struct Command : plan::Deed {
    Form form = Form::text;
};

/// What a wish is called on a line. It is to move, apply, toggle or undo.
[[nodiscard]] config::Verb verb_of(const plan::Wish& wish);
/// The command that carries out this request; to plan it, its verb is another.
[[nodiscard]] Command command_of(plan::Request request, Form form = Form::text);

/// Why a line is not a command. `is_ours` tells a mistake of somebody who speaks the protocol ("move front")
/// from something else altogether (boot messages, HTTP, noise), which a guest line passes over in silence.
struct NotACommand {
    std::string message;
    bool is_ours = false;
    bool is_unknown_verb = false; ///< of an object that would be a command but for its "do"
    bool looks_like_http = false;
    Form form = Form::text;
};

/// Reads one line without its end. Never throws; bounded in depth and length whatever comes.
[[nodiscard]] std::expected<Command, NotACommand> read_command(std::string_view line);

/// The command as a line of its form, without its end: what the CLI sends. Its names are plain ones; in the text
/// form any other would come out as several words.
[[nodiscard]] std::string to_line(const Command& command);

} // namespace usbroute::wire
