// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cli/command_table.hpp"

#include <string>

/// Help texts, made from the command table. Examples come first: they are what people read.
namespace usbroute::cli {

[[nodiscard]] std::string help_text();
[[nodiscard]] std::string help_text(const CommandRow& command);
/// Of one verb of a command.
[[nodiscard]] std::string help_text(const CommandRow& command, const VerbRow& verb);
/// Null: the command has no such verb.
[[nodiscard]] const VerbRow* find_verb(const CommandRow& command, std::string_view name);
/// "usage: usbroute move NAME... --to WHERE"
[[nodiscard]] std::string usage_line(const CommandRow& command);

} // namespace usbroute::cli
