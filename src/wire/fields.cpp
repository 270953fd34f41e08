// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/fields.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace usbroute::wire {

namespace {

constexpr std::size_t longest_text = 2048;

std::string_view from_first_word(std::string_view text)
{
    const auto first = text.find_first_not_of(' ');
    return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

} // namespace

std::string one_line(std::string_view text)
{
    const bool clean =
        text.size() <= longest_text && std::ranges::all_of(text, [](char c) {
            return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f;
        });
    return clean ? std::string(text) : printable(text, longest_text);
}

void append_owners(std::string& line, const std::optional<std::string>& profile, const Owners& owners)
{
    if (profile) {
        line += ' ';
        line += *profile;
    }
    for (const auto& [owner, connectors] : owners) {
        line += ' ';
        line += owner;
        line += '=';
        for (const auto& connector : connectors) {
            if (&connector != &connectors.front()) line += ',';
            line += connector;
        }
    }
}

std::string_view take_word(std::string_view& text)
{
    text = from_first_word(text);
    const auto word = text.substr(0, text.find(' '));
    text = from_first_word(text.substr(word.size()));
    return word;
}

void take_owners(std::string_view& text, std::optional<std::string>& profile, Owners& owners)
{
    for (;;) {
        auto rest = text;
        const auto word = take_word(rest);
        if (word.empty() || word == "--") return;
        const auto equals = word.find('=');
        if (equals == std::string_view::npos) {
            if (profile || !owners.empty()) return;
            profile = std::string(word);
        } else {
            std::vector<std::string> connectors;
            for (const auto name : split(word.substr(equals + 1), ','))
                if (!name.empty()) connectors.emplace_back(name);
            owners.emplace_back(std::string(word.substr(0, equals)), std::move(connectors));
        }
        text = rest;
    }
}

} // namespace usbroute::wire
