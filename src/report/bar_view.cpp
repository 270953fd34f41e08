// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/groups.hpp"
#include "base/text.hpp"
#include "report/bar_line.hpp"
#include "report/plugged.hpp"

#include <algorithm>

namespace usbroute::report {

namespace {

constexpr std::size_t longest_bar_line = 200;

BarState state_of(const StatusView& view, const BarView& bar)
{
    if (!view.unreadable.empty()) return BarState::unknown;
    if (view.trial_seconds) return BarState::trial;
    const bool guests =
        std::ranges::any_of(bar.owners, [](const auto& share) { return is_a_guest(share.first); });
    return guests ? BarState::guest : BarState::host;
}

std::string text_for(const BarView& bar)
{
    if (bar.state == BarState::unknown) return "unknown";
    std::string text = bar.profile;
    if (text.empty()) {
        std::vector<std::string> shares;
        for (const auto& [owner, connectors] : bar.owners)
            shares.push_back(format("{} {}", owner, connectors.size()));
        text = shares.empty() ? "host" : join(shares, ", ");
    }
    return bar.state == BarState::trial ? text + " (trial)" : text;
}

} // namespace

std::string_view text_of(BarState state)
{
    switch (state) {
    case BarState::offline: return "offline";
    case BarState::unknown: return "unknown";
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
    bar.text = text_for(bar);
    for (const auto& [owner, connectors] : bar.owners)
        bar.lines.push_back(format("{}: {}", owner, join(connectors, ", ")));
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
