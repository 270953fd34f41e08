// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/panels.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::plan {

namespace {

constexpr std::string_view all_of_them = "*";

/// "front" of "front/*" and "front/"; empty: it names no panel.
std::string_view panel_in(std::string_view word)
{
    for (const std::string_view end : {"/*", "/"})
        if (word.ends_with(end) && is_plain_name(word.substr(0, word.size() - end.size())))
            return word.substr(0, word.size() - end.size());
    return {};
}

Refusal no_such_panel(std::string_view word, const std::vector<OnPanel>& sockets)
{
    const auto panel = panel_in(word);
    std::vector<std::string> known;
    for (const auto& socket : sockets)
        if (!socket.panel.empty() && std::ranges::find(known, socket.panel) == known.end())
            known.push_back(socket.panel);
    const auto subject = printable(word, 64);
    if (word == all_of_them)
        return {Reason::no_such_connector, subject, "no connector has a name",
                "name them: sudo usbroute map"};
    auto sentence = format("there is no panel {}", printable(panel, 64));
    if (known.empty())
        return {Reason::no_such_connector, subject, std::move(sentence),
                format(R"(no connector has one: write panel = "{}" below [connector.NAME])",
                       printable(panel, 64))};
    const auto near = nearest(panel, known);
    return {Reason::no_such_connector, subject, std::move(sentence),
            near ? format("did you mean {}/?", *near) : format("panels are {}", join(known, ", "))};
}

} // namespace

bool is_a_panel(std::string_view word) { return word == all_of_them || !panel_in(word).empty(); }

std::expected<std::vector<std::string>, Refusal> without_panels(const std::vector<std::string>& words,
                                                                const std::vector<OnPanel>& sockets)
{
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    };
    for (const auto& word : words) {
        if (!is_a_panel(word)) {
            add(word);
            continue;
        }
        const auto panel = panel_in(word);
        const auto is_meant = [&](const OnPanel& socket) {
            return word == all_of_them || socket.panel == panel;
        };
        if (std::ranges::none_of(sockets, is_meant)) return std::unexpected(no_such_panel(word, sockets));
        for (const auto& socket : sockets)
            if (is_meant(socket)) add(socket.socket);
    }
    return names;
}

std::expected<Request, Refusal> without_panels(Request request, const config::Settings& settings)
{
    auto* move = std::get_if<MoveRequest>(&request.wish);
    const auto is_of_a_panel = [](const ConnectorName& name) { return is_a_panel(name.text()); };
    if (move == nullptr || std::ranges::none_of(move->connectors, is_of_a_panel)) return request;
    std::vector<OnPanel> sockets;
    for (const auto& connector : settings.connectors)
        sockets.push_back({.socket = connector.spec.name.text(), .panel = connector.panel});
    auto names = without_panels(texts_of(move->connectors), sockets);
    if (!names) return std::unexpected(std::move(names.error()));
    move->connectors.clear();
    for (auto& name : *names) move->connectors.emplace_back(std::move(name));
    return request;
}

} // namespace usbroute::plan
