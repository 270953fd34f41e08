// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "wire/command.hpp"

#include <expected>
#include <string>
#include <string_view>

/// What the text form and the JSON form of a command share.
namespace usbroute::wire {

/// The rules that do not depend on how the command was written: which names may be there, and how many.
/// Empty: it is right.
[[nodiscard]] std::string what_is_wrong(const Command& command);

/// A line that begins with '{'.
[[nodiscard]] std::expected<Command, NotACommand> read_json_command(std::string_view line);
[[nodiscard]] std::string to_json_line(const Command& command);

} // namespace usbroute::wire
