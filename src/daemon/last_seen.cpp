// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/last_seen.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/board.hpp"
#include "plan/ownership.hpp"
#include "report/plugged.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace usbroute::daemon {

namespace {

constexpr std::size_t longest_last_seen = 64;

/// "Logitech USB Keyboard +1": a hub's own name only where nothing is behind it.
std::string words_for(const std::vector<const topology::Device*>& devices)
{
    std::vector<const topology::Device*> others;
    for (const auto* device : devices)
        if (!device->is_hub()) others.push_back(device);
    const auto& shown = others.empty() ? devices : others;
    const auto more = shown.size() > 1 ? format(" +{}", shown.size() - 1) : std::string();
    const auto name = report::without_ids(shown.front()->shown());
    return name.substr(0, bytes_within(name, longest_last_seen - more.size())) + more;
}

std::set<ConnectorName> connectors_of(const std::vector<topology::SharedDevice>& devices,
                                      const plan::Board& board)
{
    std::set<ConnectorName> names;
    for (const auto& device : devices)
        if (const auto* connector = board.connector_of(device->path)) names.insert(connector->spec.name);
    return names;
}

bool host_has(const topology::Connector& connector, const config::Settings& settings)
{
    return plan::text_of(plan::owner_now(connector, settings)) == "host";
}

} // namespace

void LastSeen::look(const Findings& findings, const topology::Snapshot& now, const config::Settings& settings)
{
    if (findings.left.empty() && findings.arrived.empty()) return;
    const auto board = plan::look_at_board(now, settings);
    const auto board_before = plan::look_at_board(*findings.before, settings);
    for (const auto& name : connectors_of(findings.left, board_before)) {
        const auto* connector = board.find(name);
        const auto* before = board_before.find(name);
        if (connector == nullptr || host_has(*connector, settings)) {
            texts_.erase(name.text());
            continue;
        }
        // A hub and what is behind it may leave in several looks: the first of them saw all of it.
        // The registers of that snapshot are those of after the move.
        std::vector<const topology::Device*> devices;
        for (const auto& place : before->all_places())
            for (const auto* device : findings.before->devices_below(place)) devices.push_back(device);
        if (!devices.empty()) texts_.try_emplace(name.text(), words_for(devices));
    }
    for (const auto& name : connectors_of(findings.arrived, board)) texts_.erase(name.text());
}

void LastSeen::show(report::ConnectorView& connector) const
{
    const auto text = texts_.find(connector.name);
    if (text == texts_.end() || !connector.devices.empty() || !report::is_a_guest(connector.owner) ||
        report::is_in_sight(connector))
        return;
    connector.last_seen = text->second;
}

void LastSeen::show(report::StatusView& view) const
{
    for (auto& connector : view.connectors) show(connector);
}

} // namespace usbroute::daemon
