// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/glob.hpp"

#include <cstddef>

namespace usbroute {

namespace {

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Bytes of the character that begins there; of what is no UTF-8, each byte is one.
std::size_t length_of_character(std::string_view text, std::size_t at)
{
    const auto is_continued = [&](std::size_t i) {
        return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0U) == 0x80U;
    };
    std::size_t length = 1;
    if ((static_cast<unsigned char>(text[at]) & 0xc0U) == 0xc0U)
        while (length < 4 && is_continued(at + length)) ++length;
    return length;
}

} // namespace

/// Only the last '*' is ever tried again: what is before it has matched as early as it can.
bool matches_glob(std::string_view pattern, std::string_view text)
{
    std::size_t in_pattern = 0;
    std::size_t in_text = 0;
    std::size_t after_star = std::string_view::npos;
    std::size_t tried = 0; // where in the text what follows the '*' was tried last
    while (in_text < text.size()) {
        if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
            after_star = ++in_pattern;
            tried = in_text;
        } else if (in_pattern < pattern.size() && pattern[in_pattern] == '?') {
            ++in_pattern;
            in_text += length_of_character(text, in_text);
        } else if (in_pattern < pattern.size() && small(pattern[in_pattern]) == small(text[in_text])) {
            ++in_pattern;
            ++in_text;
        } else if (after_star != std::string_view::npos) {
            in_pattern = after_star;
            in_text = ++tried;
        } else {
            return false;
        }
    }
    while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
    return in_pattern == pattern.size();
}

} // namespace usbroute
