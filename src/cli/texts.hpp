// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string_view>

/// The files of data/completion/, as the build has put them into the program (src/texts.cpp.in): the shells' halves. They
/// ask `usbroute completion words` what can be typed at the cursor, and show it. So they need not change when a command
/// does, and a script that was installed once fits every version.
namespace usbroute::cli::texts {

extern const std::string_view bash;
extern const std::string_view zsh;
extern const std::string_view fish;

} // namespace usbroute::cli::texts
