// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>

/// What is advised has one form where it is decided, that of the protocol: "say yes=1", "revert-after=30s". Who shows it to somebody else
/// puts it into what they can type.
namespace usbroute::report {

/// "--yes", "--revert-after 30s", "--force-disk sdb", "`usbroute confirm`".
[[nodiscard]] std::string as_options(std::string_view advice);
/// The keys of the live view: "y", "t", "c". Of what has none, the command.
[[nodiscard]] std::string as_keys(std::string_view advice);

/// How to keep what is on trial, for whoever may.
inline constexpr std::string_view say_confirm = "say confirm to keep it";

} // namespace usbroute::report
