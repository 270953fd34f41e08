// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/toml_advice.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

namespace usbroute::config {

namespace {

constexpr std::array<std::string_view, 3> yes_words{"yes", "on", "true"};
constexpr std::array<std::string_view, 3> no_words{"no", "off", "false"};
constexpr std::size_t longest_shown = 60;

/// A value, or one of a list, as it is written on one line.
struct Written {
    std::string_view key;  ///< what is before the "=", in the innermost braces
    std::string_view text; ///< up to a comma, a closing bracket or a comment
};

/// The value in which the byte at `at` is. Nothing: there is no "=" before it, or it is in quotes.
std::optional<Written> value_at(std::string_view line, std::size_t at)
{
    constexpr std::size_t none = std::string_view::npos;
    std::size_t begin = none;
    std::size_t key = 0;
    std::string_view name;
    char quote = 0;
    for (std::size_t i = 0; i < line.size() && i <= at; ++i) {
        const char c = line[i];
        if (quote != 0) {
            if (c == quote) quote = 0;
            continue;
        }
        if (c == '"' || c == '\'') quote = c;
        if (c == '#') return std::nullopt;
        if (c == '=') {
            name = trim(line.substr(key, i - key));
            begin = i + 1;
        } else if (c == '[' && begin != none) {
            begin = i + 1;
        } else if (c == '{' || (c == ',' && begin != none)) {
            begin = c == '{' ? none : i + 1;
            key = i + 1;
        }
    }
    if (begin == none || quote != 0) return std::nullopt;
    const auto end = std::min(line.find_first_of(",]}#", begin), line.size());
    return Written{.key = name, .text = trim(line.substr(begin, end - begin))};
}

bool is_one_of(std::string_view word, std::span<const std::string_view> words)
{
    return std::ranges::find(words, lower(word)) != words.end();
}

bool is_bare_text(std::string_view text)
{
    if (text.find_first_not_of("0123456789+-._") == std::string_view::npos) return false;
    constexpr std::string_view first = "/.~_-+*";
    const auto letter = static_cast<unsigned char>(text.front());
    return std::isalnum(letter) != 0 || first.find(text.front()) != std::string_view::npos;
}

/// Of "qmp: /run/x" as YAML has it, and of no address.
std::string_view key_before_a_colon(std::string_view line)
{
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.find('=') != std::string_view::npos) return {};
    const auto key = trim(line.substr(0, colon));
    const bool ends = colon + 1 == line.size() || line[colon + 1] == ' ' || line[colon + 1] == '"';
    return ends && is_plain_word(key, "-_.") ? key : std::string_view();
}

} // namespace

std::optional<std::string> toml_advice(std::string_view line, std::uint32_t column)
{
    const auto at = column == 0 ? 0 : std::size_t{column} - 1;
    const auto value = value_at(line, at);
    if (!value) {
        const auto key = key_before_a_colon(line);
        if (key.empty()) return std::nullopt;
        return format("a key and its value are joined by =, not by a colon: {} = ...",
                      printable(key, longest_shown));
    }
    const auto shown = printable(value->text, longest_shown);
    if (value->text.empty()) {
        if (!is_plain_word(value->key, "-_.")) return std::nullopt;
        return format("{} has no value", printable(value->key, longest_shown));
    }
    if (is_one_of(value->text, yes_words)) return format("{} is no value: write true, without quotes", shown);
    if (is_one_of(value->text, no_words)) return format("{} is no value: write false, without quotes", shown);
    if (value->text.find_first_of("\"'\\") != std::string_view::npos || !is_bare_text(value->text))
        return std::nullopt;
    return format("{} is a text: put it in quotes, \"{}\"", shown, shown);
}

} // namespace usbroute::config
