// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/homecoming.hpp"

#include <algorithm>

namespace usbroute::plan {

using config::Settings;
using config::ToHost;
using topology::Connector;

namespace {

/// On a controller of that guest. Also where nothing drives it any more: what bound it for the guest may have unbound
/// it already, and then the connector is dead until it goes home.
bool is_with(const Connector& connector, const GuestName& name, const Settings& settings)
{
    const auto* guest = settings.guest(name);
    const auto* controller = connector.controller_now();
    return guest != nullptr && controller != nullptr && !controller->is_driven_by_host() &&
           std::ranges::find(guest->controllers, controller->address) != guest->controllers.end();
}

} // namespace

std::expected<Resolved, Refusal> resolve_return(const ReturnRequest& request, const Situation& s,
                                                const Board& board)
{
    Resolved resolved;
    resolved.title = text_of(Wish(request));
    for (const auto& connector : board.connectors) {
        // Whom a socket without a mux is for stays; its devices come home because the guest does not run (giving.cpp).
        if (means_of(connector) != Means::route || !is_with(connector, request.guest, s.settings)) continue;
        const auto refusal = why_not_by_its_means(s.snapshot, board, connector);
        const auto wanted = refusal ? std::unexpected(*refusal) : to_host(connector, s.settings, board);
        if (!wanted) {
            resolved.staying.push_back({.connector = connector.spec.name, .why = wanted.error()});
            continue;
        }
        resolved.wanted.push_back(*wanted);
        resolved.asked.emplace_back(connector.spec.name, ToHost{});
    }
    return resolved;
}

} // namespace usbroute::plan
