// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"

#include "base/numbers.hpp"
#include "base/widths.hpp"

#include <algorithm>
#include <cctype>

namespace usbroute {

namespace {

constexpr std::string_view blanks = " \t\r\n";

/// One decoded character; `bytes` is 0 where the text is not UTF-8.
struct Decoded {
    char32_t point = 0;
    std::size_t bytes = 0;
};

/// Strict: no overlong forms, no surrogates, nothing above U+10FFFF.
Decoded decode_utf8(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    std::size_t length = 0;
    char32_t point = 0;
    char32_t smallest = 0;
    if ((lead & 0xe0) == 0xc0)
        length = 2, point = lead & 0x1f, smallest = 0x80;
    else if ((lead & 0xf0) == 0xe0)
        length = 3, point = lead & 0x0f, smallest = 0x800;
    else if ((lead & 0xf8) == 0xf0)
        length = 4, point = lead & 0x07, smallest = 0x10000;
    if (length == 0 || text.size() < length) return {};
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        point = (point << 6) | (byte(i) & 0x3fu);
    }
    if (point < smallest || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return {};
    return {point, length};
}

bool is_safe(char32_t point)
{
    if (point < 0x20 || point == 0x7f) return false;
    if (point >= 0x80 && point < 0xa0) return false;      // C1 controls
    if (point >= 0x200b && point <= 0x200f) return false; // zero width, direction marks
    if (point >= 0x2028 && point <= 0x202e) return false; // line separators, direction overrides
    if (point >= 0x2060 && point <= 0x206f) return false; // invisible operators, isolates
    if (point >= 0xfe00 && point <= 0xfe0f)
        return false; // variation selectors: they make some characters wide
    return point != 0xfeff && !(point >= 0xfff9 && point <= 0xfffb) &&
           !(point >= 0xe0000 && point <= 0xe01ef);
}

/// A character of ASCII that is shown as it is.
bool is_plain(char c) { return c >= 0x20 && c < 0x7f; }

/// Lower case, at least `digits` of them. By hand, because the guest's program for Windows has this file and not {fmt}.
std::string hex(std::uint32_t number, std::size_t digits)
{
    constexpr std::string_view letters = "0123456789abcdef";
    std::string text;
    for (; number != 0 || text.size() < digits; number >>= 4U)
        text.insert(text.begin(), letters[number & 0xfU]);
    return text;
}

std::size_t edit_distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

} // namespace

std::string_view trim(std::string_view text)
{
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    for (;;) {
        const auto at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::vector<std::string_view> words(std::string_view text)
{
    std::vector<std::string_view> found;
    for (;;) {
        const auto first = text.find_first_not_of(" \t");
        if (first == std::string_view::npos) return found;
        text.remove_prefix(first);
        const auto end = std::min(text.find_first_of(" \t"), text.size());
        found.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

std::string join(std::span<const std::string> parts, std::string_view separator)
{
    std::string joined;
    for (const auto& part : parts) {
        if (&part != &parts.front()) joined += separator;
        joined += part;
    }
    return joined;
}

std::string listed(std::span<const std::string> names)
{
    if (names.size() < 2) return join(names, "");
    return join(names.first(names.size() - 1), ", ") + " and " + names.back();
}

std::string replaced(std::string_view text, Replacements replacements)
{
    std::string out;
    while (!text.empty()) {
        const auto* const found = std::ranges::find_if(
            replacements, [text](const auto& each) { return text.starts_with(each.first); });
        out += found == replacements.end() ? text.substr(0, 1) : found->second;
        text.remove_prefix(found == replacements.end() ? 1 : found->first.size());
    }
    return out;
}

bool is_plain_word(std::string_view text, std::string_view marks)
{
    return !text.empty() && std::ranges::all_of(text, [marks](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               marks.find(c) != std::string_view::npos;
    });
}

std::string lower(std::string_view text)
{
    std::string out(text);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::optional<std::uint32_t> parse_decimal(std::string_view text) { return number_from<std::uint32_t>(text); }

std::optional<std::uint32_t> parse_hex(std::string_view text)
{
    if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
    return number_from<std::uint32_t>(text, 16);
}

std::string printable(std::string_view text, std::size_t limit)
{
    if (text.size() <= limit && std::ranges::all_of(text, is_plain)) return std::string(text);
    std::string shown;
    std::size_t count = 0;
    while (!text.empty()) {
        if (count++ == limit) return shown + "...";
        const auto [point, bytes] = decode_utf8(text);
        if (bytes == 0)
            shown += "\\x" + hex(static_cast<unsigned char>(text[0]), 2);
        else if (is_safe(point))
            shown.append(text.substr(0, bytes));
        else if (point < 0x100)
            shown += "\\x" + hex(point, 2);
        else
            shown += "\\u{" + hex(point, 1) + "}";
        text.remove_prefix(std::max<std::size_t>(bytes, 1));
    }
    return shown;
}

std::size_t columns(std::string_view text)
{
    std::size_t count = 0;
    while (!text.empty()) {
        const auto [point, bytes] = decode_utf8(text);
        count += bytes == 0 ? 1 : columns_of(point);
        text.remove_prefix(std::max<std::size_t>(bytes, 1));
    }
    return count;
}

std::size_t bytes_within(std::string_view text, std::size_t columns)
{
    std::size_t at = 0;
    while (at < text.size()) {
        const auto [point, bytes] = decode_utf8(text.substr(at));
        const auto width = bytes == 0 ? 1 : columns_of(point);
        if (width > columns) break;
        columns -= width;
        at += std::max<std::size_t>(bytes, 1);
    }
    return at;
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates)
{
    // A third of the word may be wrong, at least one letter: "frnt-left" is near, "rear" is not.
    const std::size_t allowed = std::max<std::size_t>(1, word.size() / 3);
    std::optional<std::string> best;
    std::size_t best_distance = allowed + 1;
    const auto is_same = [](char one, char other) {
        return std::tolower(static_cast<unsigned char>(one)) ==
               std::tolower(static_cast<unsigned char>(other));
    };
    for (const auto& candidate : candidates) {
        // "FRONT-LEFT": capitals are a habit, not a mistake of one letter each.
        if (std::ranges::equal(word, candidate, is_same)) return candidate;
        const auto distance = edit_distance(word.substr(0, 64), std::string_view(candidate).substr(0, 64));
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

} // namespace usbroute
