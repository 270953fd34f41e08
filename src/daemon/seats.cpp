// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/seats.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace usbroute::daemon {

namespace {

using Kind = Party::Kind;

std::size_t limit_of(const SeatLimits& limits, Kind kind)
{
    switch (kind) {
    case Kind::keeper: return limits.keeper;
    case Kind::user: return limits.user;
    case Kind::guest: return limits.guest;
    case Kind::tcp: return limits.tcp;
    case Kind::called: break;
    }
    return 1;
}

/// The lines of guests are as many as the configuration has, and each has seats of its own.
bool is_limited_together(Kind kind) { return kind == Kind::user || kind == Kind::tcp; }

/// The one of a party's that is missed least; nothing: all are at work.
std::optional<std::size_t> least_missed(std::span<const Slot> taken, const Party& party,
                                        std::chrono::milliseconds now, const SeatLimits& limits)
{
    std::optional<std::size_t> found;
    const auto worth = [&](std::size_t i) {
        return std::tuple(taken[i].has_spoken, taken[i].is_subscribed, taken[i].last_heard);
    };
    for (std::size_t i = 0; i < taken.size(); ++i) {
        const auto& seat = taken[i];
        if (seat.party != party || seat.is_served || now - seat.last_heard < limits.idle) continue;
        if (!found || worth(i) < worth(*found)) found = i;
    }
    return found;
}

Seating in_place_of(std::optional<std::size_t> seat)
{
    return {.is_admitted = seat.has_value(), .instead_of = seat};
}

using Counts = std::map<Party, std::size_t>;

/// Takes one from the party with the most, unless that is the one who asks.
Seating in_place_of_the_greediest(std::span<const Slot> taken, const Counts& counts, const Party& newcomer,
                                  bool only_tcp, std::chrono::milliseconds now, const SeatLimits& limits)
{
    const auto own = counts.find(newcomer);
    const std::size_t mine = own == counts.end() ? 0 : own->second;
    const Party* greediest = nullptr;
    std::size_t most = std::max<std::size_t>(mine, 1);
    for (const auto& [party, count] : counts) {
        if (!is_limited_together(party.kind) || (only_tcp && party.kind != Kind::tcp)) continue;
        if (count <= most) continue;
        most = count;
        greediest = &party;
    }
    return in_place_of(least_missed(taken, greediest == nullptr ? newcomer : *greediest, now, limits));
}

} // namespace

Seating find_seat(std::span<const Slot> taken, const Party& newcomer, std::chrono::milliseconds now,
                  const SeatLimits& limits)
{
    Counts counts;
    std::size_t tcp = 0;
    std::size_t others = 0;
    for (const auto& seat : taken) {
        ++counts[seat.party];
        if (seat.party.kind == Kind::tcp) ++tcp;
        if (is_limited_together(seat.party.kind)) ++others;
    }
    const auto own = counts.find(newcomer);
    if (own != counts.end() && own->second >= limit_of(limits, newcomer.kind))
        return in_place_of(least_missed(taken, newcomer, now, limits));
    if (newcomer.kind == Kind::tcp && tcp >= limits.all_tcp)
        return in_place_of_the_greediest(taken, counts, newcomer, true, now, limits);
    if (is_limited_together(newcomer.kind) && others >= limits.all_others)
        return in_place_of_the_greediest(taken, counts, newcomer, false, now, limits);
    return {.is_admitted = true, .instead_of = {}};
}

} // namespace usbroute::daemon
