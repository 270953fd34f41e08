// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/groups.hpp"
#include "base/text.hpp"
#include "report/bar_line.hpp"
#include "report/plugged.hpp"
#include "report/text.hpp"

#include <algorithm>

namespace usbroute::report {

namespace {

constexpr std::size_t longest_bar_line = 200;

BarState state_of(const StatusView& view, const BarView& bar)
{
    if (!view.unreadable.empty()) return BarState::unknown;
    if (!view.questions.empty()) return BarState::question;
    if (view.trial_seconds) return BarState::trial;
    const bool guests =
        std::ranges::any_of(bar.owners, [](const auto& share) { return is_a_guest(share.first); });
    const bool devices = std::ranges::any_of(
        devices_apart_in(view), [](const DeviceView* device) { return is_a_guest(device->owner); });
    return guests || devices ? BarState::guest : BarState::host;
}

using Shares = std::vector<std::pair<std::string, std::vector<std::string>>>;

std::string text_for(const BarView& bar, const Shares& owners)
{
    if (bar.state == BarState::unknown) return "unknown";
    std::string text = bar.profile;
    if (text.empty()) {
        std::vector<std::string> shares;
        for (const auto& [owner, connectors] : owners)
            shares.push_back(format("{} {}", owner, connectors.size()));
        text = shares.empty() ? "host" : join(shares, ", ");
    }
    if (bar.state == BarState::question) return text + " ?";
    return bar.state == BarState::trial ? text + " (trial)" : text;
}

/// "parked" in place of "nobody", where somebody has said so.
std::string owner_for_bar(const ConnectorView& connector)
{
    if (connector.has_sign("parked")) return "parked";
    return connector.has_sign("reserved") ? connector.owner + " (reserved)" : connector.owner;
}

/// What is to be said of devices and of sockets beside who has them.
void add_lines(BarView& bar, const StatusView& view)
{
    for (const auto& question : view.questions)
        bar.lines.push_back(printable(question_in_words(question), longest_bar_line));
    for (const auto* device : devices_apart_in(view))
        if (device->ask.empty())
            bar.lines.push_back(printable(format("{}: {}", without_ids(device->name), who_has_it(*device)),
                                          longest_bar_line));
    for (const auto& connector : view.connectors)
        if (connector.has_sign("expected-missing"))
            bar.lines.push_back(
                format("{}: {} is expected, and not there", connector.name, connector.expect));
}

} // namespace

std::string_view text_of(BarState state)
{
    switch (state) {
    case BarState::offline: return "offline";
    case BarState::unknown: return "unknown";
    case BarState::question: return "question";
    case BarState::trial: return "trial";
    case BarState::guest: return "guest";
    case BarState::host: return "host";
    }
    return "unknown";
}

BarView bar_view(const StatusView& view)
{
    BarView bar;
    bar.profile = view.profile;
    for (const auto& connector : view.connectors) {
        if (!connector.named || connector.owner == "host") continue;
        group_with(bar.owners, connector.owner).push_back(connector.name);
    }
    bar.state = state_of(view, bar);
    Shares told;
    for (const auto& connector : view.connectors)
        if (connector.named && connector.owner != "host")
            group_with(told, owner_for_bar(connector)).push_back(connector.name);
    bar.text = text_for(bar, told);
    for (const auto& [owner, connectors] : told)
        bar.lines.push_back(format("{}: {}", owner, join(connectors, ", ")));
    add_lines(bar, view);
    if (view.trial_seconds)
        bar.lines.push_back(printable(view.trial_way_back, longest_bar_line) + " unless confirmed");
    if (!view.unreadable.empty()) bar.lines.push_back(printable(view.unreadable, longest_bar_line));
    if (bar.lines.empty()) bar.lines.emplace_back("the host has all connectors");
    return bar;
}

BarView bar_offline(std::string_view why)
{
    BarView bar;
    bar.state = BarState::offline;
    bar.text = "offline";
    bar.lines.push_back(printable(why, longest_bar_line));
    return bar;
}

} // namespace usbroute::report
