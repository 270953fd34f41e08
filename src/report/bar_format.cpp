// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/bar_line.hpp"

#include <array>
#include <optional>

namespace usbroute::report {

namespace {

constexpr std::size_t longest_template = 1000;

constexpr std::array<std::pair<std::string_view, BarKind>, 3> kinds{
    {{"waybar", BarKind::waybar}, {"i3blocks", BarKind::i3blocks}, {"polybar", BarKind::polybar}}};
constexpr std::array<std::pair<std::string_view, BarField>, 4> fields{{{"text", BarField::text},
                                                                       {"state", BarField::state},
                                                                       {"profile", BarField::profile},
                                                                       {"owners", BarField::owners}}};

/// Their value by name; else the error that names them all.
template <class Value, std::size_t Count>
std::optional<Value> value_of(std::string_view name,
                              const std::array<std::pair<std::string_view, Value>, Count>& known)
{
    for (const auto& [word, value] : known)
        if (word == name) return value;
    return std::nullopt;
}

void add_text(BarTemplate& made, std::string_view text)
{
    if (text.empty()) return;
    if (made.pieces.empty() || !std::holds_alternative<std::string>(made.pieces.back()))
        made.pieces.emplace_back(std::string());
    std::get<std::string>(made.pieces.back()) += text;
}

Result<BarTemplate> read_template(std::string_view text)
{
    BarTemplate made;
    while (!text.empty()) {
        const auto brace = text.find_first_of("{}");
        add_text(made, text.substr(0, brace));
        if (brace == std::string_view::npos) break;
        text.remove_prefix(brace);
        if (text.starts_with("{{") || text.starts_with("}}")) {
            add_text(made, text.substr(0, 1));
            text.remove_prefix(2);
            continue;
        }
        const auto end = text.find('}');
        if (text.front() == '}' || end == std::string_view::npos)
            return std::unexpected(
                usage_error("--format: a brace has no partner; write {{ and }} for braces"));
        const auto name = text.substr(1, end - 1);
        const auto field = value_of(name, fields);
        if (!field)
            return std::unexpected(usage_error(
                format("--format: there is no {{{}}}; use {{text}}, {{state}}, {{profile}}, {{owners}}",
                       printable(name, 32))));
        made.pieces.emplace_back(*field);
        text.remove_prefix(end + 1);
    }
    return made;
}

} // namespace

Result<BarFormat> read_bar_format(std::string_view text)
{
    if (const auto kind = value_of(text, kinds)) return *kind;
    if (text.size() > longest_template || printable(text, longest_template) != text)
        return std::unexpected(usage_error(
            format("--format: a template is one line of at most {} characters", longest_template)));
    if (text.find('{') == std::string_view::npos)
        return std::unexpected(usage_error(
            format("--format {}: write waybar, i3blocks, polybar, or a template such as 'USB: {{text}}'",
                   printable(text, 32))));
    auto made = read_template(text);
    if (!made) return std::unexpected(std::move(made.error()));
    return std::move(*made);
}

} // namespace usbroute::report
