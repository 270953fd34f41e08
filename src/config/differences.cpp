// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/differences.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/parse.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace usbroute::config {

namespace {

using Tables = std::map<std::string, std::string, std::less<>>;

/// By their headers, as they are written when all of it is written out.
Tables tables_of(const Settings& settings)
{
    Tables tables;
    std::string* body = nullptr;
    const auto text = to_toml(settings);
    for (const auto line : split(text, '\n')) {
        if (line.starts_with('[')) {
            body = &tables[std::string(line)];
        } else if (body != nullptr && !line.empty()) {
            *body += line;
            *body += '\n';
        }
    }
    return tables;
}

void add_kind(std::string& text, std::string_view kind, const std::vector<std::string>& headers)
{
    constexpr std::size_t most_named = 8;
    if (headers.empty()) return;
    const auto named = std::span(headers).first(std::min(headers.size(), most_named));
    if (!text.empty()) text += "; ";
    text += format("{}: {}", kind, join(named, ", "));
    if (headers.size() > most_named) text += format(" and {} more", headers.size() - most_named);
}

} // namespace

std::string differences(const Settings& before, const Settings& after)
{
    const auto were = tables_of(before);
    const auto are = tables_of(after);
    std::vector<std::string> added;
    std::vector<std::string> changed;
    std::vector<std::string> gone;
    for (const auto& [header, body] : are) {
        const auto found = were.find(header);
        if (found == were.end())
            added.push_back(header);
        else if (found->second != body)
            changed.push_back(header);
    }
    for (const auto& [header, body] : were)
        if (!are.contains(header)) gone.push_back(header);
    std::string text;
    add_kind(text, "new", added);
    add_kind(text, "changed", changed);
    add_kind(text, "gone", gone);
    return text;
}

} // namespace usbroute::config
