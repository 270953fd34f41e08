// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string_view>

namespace usbroute {

/// Whether a text is as a pattern says, from its beginning to its end: '*' stands for any characters, none among them, '?' for
/// one character of UTF-8. The letters A to Z and a to z are the same; there is no escape. It takes at most the product of both lengths
/// in steps, and no memory, whatever the two are.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view text);

} // namespace usbroute
