// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::import_ {

/// A regular expression that is nothing but a text.
struct RegexLiteral {
    std::string text;
    bool is_whole = false; ///< anchored at both ends
};
/// Nothing: it has parts that stand for several texts.
[[nodiscard]] std::optional<RegexLiteral> literal_of_regex(std::string_view pattern);

/// A regular expression of literals, "[...]", "." and ".*" as a pattern of udev; nothing: it has other parts.
[[nodiscard]] std::optional<std::string> glob_of_regex(std::string_view pattern);

/// The alternatives of a pattern of udev, "3-1|3-2".
[[nodiscard]] std::vector<std::string> alternatives_of_glob(std::string_view pattern);
/// Whether there are parts in it that stand for several texts.
[[nodiscard]] bool is_glob(std::string_view text);
/// As fnmatch(3) without flags.
[[nodiscard]] bool fits_glob(std::string_view pattern, std::string_view text);

} // namespace usbroute::import_
