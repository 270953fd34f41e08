// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/lexical_check.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace usbroute::config {

namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 20;
/// toml++ makes a table for each dot of a key and takes them down by recursion.
constexpr std::size_t most_dots_in_a_line = 128;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// A place in a TOML text. Exact up to the first error, which is as far as any reader gets; toml++
/// looks beyond it only to the next blank or '#'.
enum class Inside : std::uint8_t { plain, comment, string, literal, long_string, long_literal };

struct Step {
    Inside next = Inside::plain;
    std::size_t bytes = 1;
};

/// Up to five quotes in a row end a long string: its last two characters may be quotes.
Step step_in_long(Inside inside, char quote, std::string_view rest)
{
    const auto quotes = std::min({rest.find_first_not_of(quote), rest.size(), std::size_t{5}});
    return quotes >= 3 ? Step{Inside::plain, quotes} : Step{inside, 1};
}

Step step_in_plain(std::string_view rest)
{
    if (rest.starts_with(R"(""")")) return {Inside::long_string, 3};
    if (rest.starts_with("'''")) return {Inside::long_literal, 3};
    if (rest[0] == '"') return {Inside::string};
    if (rest[0] == '\'') return {Inside::literal};
    return {rest[0] == '#' ? Inside::comment : Inside::plain};
}

Step step_from(Inside inside, std::string_view rest)
{
    const char c = rest[0];
    const bool escapes = c == '\\' && rest.size() > 1 && rest[1] != '\n';
    switch (inside) {
    case Inside::plain: return step_in_plain(rest);
    case Inside::comment: return {c == '\n' ? Inside::plain : inside};
    case Inside::string:
        if (escapes) return {inside, 2};
        return {c == '"' || c == '\n' ? Inside::plain : inside};
    case Inside::literal: return {c == '\'' || c == '\n' ? Inside::plain : inside};
    case Inside::long_string: return escapes ? Step{inside, 2} : step_in_long(inside, '"', rest);
    case Inside::long_literal: return step_in_long(inside, '\'', rest);
    }
    return {};
}

/// The character at the start of `rest`, or what is there in its place.
std::string_view first_character(std::string_view rest)
{
    std::size_t bytes = 1;
    while (bytes < std::min<std::size_t>(rest.size(), 4) &&
           (static_cast<unsigned char>(rest[bytes]) & 0xc0) == 0x80)
        ++bytes;
    return rest.substr(0, bytes);
}

} // namespace

std::optional<Problem> lexical_problem(const SourceText& source)
{
    const std::string_view text = source.text;
    if (text.size() > most_bytes)
        return Problem{{source.name, 0, 0},
                       format("the file has {} bytes; usbroute reads at most {}", text.size(), most_bytes)};

    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
        return Problem{{source.name, 1, 1}, "the file is UTF-16 text; save it as UTF-8"};
    auto inside = Inside::plain;
    std::uint32_t line = 1;
    std::size_t line_start = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    std::size_t dots = 0;
    for (std::size_t at = line_start; at < text.size();) {
        const auto rest = text.substr(at);
        if (static_cast<unsigned char>(rest[0]) >= 0x80 && inside != Inside::comment) {
            const auto column =
                static_cast<std::uint32_t>(columns(text.substr(line_start, at - line_start)) + 1);
            return Problem{
                {source.name, line, column},
                format("'{}' cannot stand here; characters beyond ASCII are allowed only in comments",
                       printable(first_character(rest)))};
        }
        if (inside == Inside::plain && rest[0] == '.' && ++dots > most_dots_in_a_line)
            return Problem{{source.name, line, 1},
                           format("this line has more than {} dots outside strings; no setting needs so many",
                                  most_dots_in_a_line)};
        if (rest[0] == '\n') ++line, line_start = at + 1, dots = 0;
        const auto step = step_from(inside, rest);
        inside = step.next;
        at += step.bytes;
    }
    return std::nullopt;
}

} // namespace usbroute::config
