// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute {

[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
/// Splits at runs of spaces and tabs; no empty words.
[[nodiscard]] std::vector<std::string_view> words(std::string_view text);
[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);
/// "1 file", "2 files"
template <class Count>
[[nodiscard]] std::string counted(Count count, std::string_view one, std::string_view many)
{
    return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}
/// "rear-1, rear-2 and rear-3"
[[nodiscard]] std::string listed(std::span<const std::string> names);
/// A text of each, in the same order; `text` is a function or a member.
template <class Things, class Text>
[[nodiscard]] std::vector<std::string> texts_of(const Things& things, const Text& text)
{
    std::vector<std::string> texts;
    for (const auto& thing : things) texts.emplace_back(std::invoke(text, thing));
    return texts;
}
/// The name of each.
template <class Names> [[nodiscard]] std::vector<std::string> texts_of(const Names& names)
{
    return texts_of(names, [](const auto& name) { return name.text(); });
}

/// A text and what stands in its place.
using Replacements = std::initializer_list<std::pair<std::string_view, std::string_view>>;
/// What was put in is not looked at again.
[[nodiscard]] std::string replaced(std::string_view text, Replacements replacements);

/// Nothing but letters and digits of ASCII and these marks, and not empty.
[[nodiscard]] bool is_plain_word(std::string_view text, std::string_view marks);

/// With the letters A to Z made small; the others stay.
[[nodiscard]] std::string lower(std::string_view text);

/// Whole text or nothing; no sign, no white space. `parse_hex` takes an optional 0x; both fit 32 bits.
[[nodiscard]] std::optional<std::uint32_t> parse_decimal(std::string_view text);
[[nodiscard]] std::optional<std::uint32_t> parse_hex(std::string_view text);

/// Text from outside (a device, a file, a socket) made safe to print: control characters, including the
/// C1 range and DEL, bytes that are not UTF-8, and characters that turn the direction of writing or change how
/// the one before them looks come out as \xNN or \u{N}; cut with "..." after `limit` characters. Never longer than 10 times `limit`.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 128);

/// Columns that `text`, which is printable, takes on a terminal.
[[nodiscard]] std::size_t columns(std::string_view text);

/// How many bytes of `text` go into that many columns: whole characters, with the marks that belong to them.
[[nodiscard]] std::size_t bytes_within(std::string_view text, std::size_t columns);

/// The candidate a person most likely meant, or nothing when none is near.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 std::span<const std::string> candidates);

} // namespace usbroute
