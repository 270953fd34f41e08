// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/homecoming.hpp"

#include "base/format.hpp"
#include "plan/policy.hpp"

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
    const auto* controller = connector.side ? connector.controller_on(*connector.side) : nullptr;
    return guest != nullptr && controller != nullptr && !controller->is_driven_by_host() &&
           std::ranges::find(guest->controllers, controller->address) != guest->controllers.end();
}

/// What the return of one connector would come to; a refusal where the wires could not go.
std::expected<Wanted, Refusal> to_home(const Connector& connector, const Situation& s, const Board& board)
{
    if (auto refusal = why_not_switchable(connector, board)) return std::unexpected(*refusal);
    auto wanted = to_host(connector, s.settings, board);
    if (!wanted) return wanted;
    Resolved alone;
    alone.wanted.push_back(*wanted);
    if (auto refusal = check_routes(s, board, alone, {})) return std::unexpected(*refusal);
    return wanted;
}

} // namespace

std::expected<Resolved, Refusal> resolve_return(const ReturnRequest& request, const Situation& s,
                                                const Board& board)
{
    if (auto refusal = why_not_writable(s.snapshot, board)) return std::unexpected(*refusal);
    Resolved resolved;
    resolved.title = text_of(Wish(request));
    std::optional<Refusal> first;
    for (const auto& connector : board.connectors) {
        if (!connector.spec.bit || !is_with(connector, request.guest, s.settings)) continue;
        auto wanted = to_home(connector, s, board);
        if (!wanted) {
            resolved.warnings.push_back(
                format("{} stays: {}", connector.spec.name.text(), text_of(wanted.error())));
            if (!first) first = wanted.error();
            continue;
        }
        resolved.wanted.push_back(*wanted);
        resolved.asked.emplace_back(connector.spec.name, ToHost{});
    }
    if (resolved.wanted.empty() && first) return std::unexpected(*first);
    return resolved;
}

} // namespace usbroute::plan
