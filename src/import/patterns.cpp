// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/patterns.hpp"

#include "base/text.hpp"

namespace usbroute::import_ {

namespace {

/// "[a-c]", "[!x]" at the beginning of a pattern: whether it takes a character, and how long it is; 0: it is none.
std::size_t bracket_length(std::string_view pattern, char c, bool& takes)
{
    std::size_t at = 1;
    const bool inverted = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
    if (inverted) ++at;
    bool found = false;
    for (bool first = true; at < pattern.size(); first = false) {
        if (pattern[at] == ']' && !first) {
            takes = found != inverted;
            return at + 1;
        }
        if (at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']') {
            found = found || (pattern[at] <= c && c <= pattern[at + 2]);
            at += 3;
        } else {
            found = found || pattern[at] == c;
            ++at;
        }
    }
    return 0;
}

} // namespace

std::optional<RegexLiteral> literal_of_regex(std::string_view pattern)
{
    RegexLiteral literal;
    const bool begins = pattern.starts_with('^');
    if (begins) pattern.remove_prefix(1);
    bool ends = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '\\' && i + 1 < pattern.size()) {
            const char next = pattern[++i];
            if ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || (next >= '0' && next <= '9'))
                return std::nullopt;
            literal.text += next;
        } else if (c == '[' && i + 2 < pattern.size() && pattern[i + 2] == ']' && pattern[i + 1] != '^') {
            literal.text += pattern[i + 1];
            i += 2;
        } else if (c == '$' && i + 1 == pattern.size()) {
            ends = true;
        } else if (std::string_view("*+?()[]{}|^$\\").find(c) != std::string_view::npos) {
            return std::nullopt;
        } else {
            // A point stands for any character, and is written for itself in most places.
            literal.text += c;
        }
    }
    literal.is_whole = begins && ends;
    if (literal.text.empty()) return std::nullopt;
    return literal;
}

std::optional<std::string> glob_of_regex(std::string_view pattern)
{
    std::string glob;
    const bool begins = pattern.starts_with('^');
    const bool ends = pattern.ends_with('$') && !pattern.ends_with("\\$");
    if (begins) pattern.remove_prefix(1);
    if (ends && !pattern.empty()) pattern.remove_suffix(1);
    if (!begins) glob += '*';
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        const bool repeats = i + 1 < pattern.size() && pattern[i + 1] == '*';
        if (c == '.' && repeats) {
            glob += '*';
            ++i;
        } else if (c == '[') {
            const auto end = pattern.find(']', i + 2);
            if (end == std::string_view::npos ||
                (end + 1 < pattern.size() &&
                 std::string_view("*+?{").find(pattern[end + 1]) != std::string_view::npos))
                return std::nullopt;
            glob += pattern.substr(i, end - i + 1);
            i = end;
        } else if (repeats || std::string_view("*+?(){}|^$").find(c) != std::string_view::npos) {
            return std::nullopt;
        } else if (c == '.') {
            glob += '?';
        } else if (c == '\\') {
            ++i;
            if (i == pattern.size() || is_plain_word(pattern.substr(i, 1), "")) return std::nullopt;
            glob += pattern[i];
        } else {
            glob += c;
        }
    }
    if (!ends) glob += '*';
    return glob;
}

std::vector<std::string> alternatives_of_glob(std::string_view pattern)
{
    std::vector<std::string> found;
    for (const auto part : split(pattern, '|')) found.emplace_back(part);
    return found;
}

bool is_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

bool fits_glob(std::string_view pattern, std::string_view text)
{
    // A star takes as little as it can, and more where the rest does not fit: the last one only.
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t star_text = 0;
    while (t < text.size()) {
        bool takes = false;
        std::size_t length = 0;
        if (p < pattern.size() && pattern[p] == '[')
            length = bracket_length(pattern.substr(p), text[t], takes);
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_text = t;
        } else if (length > 0 && takes) {
            p += length;
            ++t;
        } else if (length == 0 && p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

} // namespace usbroute::import_
