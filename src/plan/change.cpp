// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/change.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::plan {

using topology::ConnectorSpec;
using topology::Placed;

namespace {

bool is_of(const Key& key, const ConnectorSpec& connector)
{
    if (topology::is_of_a_place(key)) {
        const auto keys = topology::place_keys(connector);
        return std::ranges::find(keys, key) != keys.end();
    }
    return (connector.bit && key == Key(*connector.bit)) ||
           (connector.bit && connector.superspeed && key == Key(*connector.superspeed));
}

} // namespace

const Shift* Change::of(const Key& key) const
{
    const auto found = std::ranges::lower_bound(shifts, key, {}, &Shift::key);
    return found == shifts.end() || found->key != key ? nullptr : &*found;
}

void Change::set(Shift shift)
{
    const auto place = std::ranges::lower_bound(shifts, shift.key, {}, &Shift::key);
    if (place != shifts.end() && place->key == shift.key)
        *place = std::move(shift);
    else
        shifts.insert(place, std::move(shift));
}

Change Change::inverse() const
{
    Change back{.controller = controller, .shifts = {}, .title = "undo " + title, .kind = ChangeKind::undo};
    for (const auto& shift : shifts)
        back.shifts.push_back({.key = shift.key, .from = shift.to, .to = shift.from});
    return back;
}

std::optional<ProfileName> Change::applied_after(const std::optional<ProfileName>& applied_before) const
{
    // What somebody else has moved is back where the profile wants it.
    if (profile || kind != ChangeKind::restore) return profile;
    return applied_before;
}

Change Change::followed_by(const Change& later) const
{
    if (later.controller != controller) return later;
    Change both{.controller = controller,
                .shifts = shifts,
                .title = later.title,
                .kind = later.kind,
                .profile = later.applied_after(profile)};
    for (auto shift : later.shifts) {
        if (const auto* first = of(shift.key)) {
            shift.from = first->from;
            shift.owner_before = first->owner_before;
        }
        both.set(std::move(shift));
    }
    return both;
}

Change Change::net() const
{
    auto left = *this;
    std::erase_if(left.shifts, [](const Shift& shift) { return shift.from == shift.to; });
    return left;
}

Change Change::without(const Change& other) const
{
    auto left = *this;
    std::erase_if(left.shifts, [&](const Shift& shift) { return other.of(shift.key) != nullptr; });
    return left;
}

Change Change::part_of(const ConnectorSpec& connector) const
{
    auto part = *this;
    std::erase_if(part.shifts, [&](const Shift& shift) { return !is_of(shift.key, connector); });
    return part;
}

void Change::forget_what_may_go()
{
    for (auto& shift : shifts) shift.keyboard_may_go = false;
}

bool Change::touches(const ConnectorSpec& connector) const
{
    return std::ranges::any_of(shifts, [&](const Shift& shift) { return is_of(shift.key, connector); });
}

std::optional<topology::SeatId> Change::seat_before(const ConnectorSpec& connector) const
{
    const auto* shift = main_shift(connector);
    if (shift == nullptr) return std::nullopt;
    if (!connector.bit) return topology::seat_of_word(shift->from);
    const auto side = topology::side_from(shift->from);
    return side ? std::optional(topology::SeatId(*side)) : std::nullopt;
}

const Shift* Change::main_shift(const ConnectorSpec& connector) const
{
    if (connector.bit) return of(*connector.bit);
    for (const auto& key : topology::place_keys(connector))
        if (const auto* shift = of(key)) return shift;
    return nullptr;
}

std::vector<Placed> Change::before() const
{
    std::vector<Placed> placed;
    for (const auto& shift : shifts) placed.push_back({.key = shift.key, .word = shift.from});
    return placed;
}

std::vector<Placed> Change::after() const
{
    std::vector<Placed> placed;
    for (const auto& shift : shifts) placed.push_back({.key = shift.key, .word = shift.to});
    return placed;
}

std::vector<topology::Placed> assigned_after(std::vector<topology::Placed> assigned, const Change& change)
{
    const auto host = topology::text_of(topology::SeatId(topology::OwnController{}));
    for (const auto& shift : change.shifts) {
        if (!topology::is_of_a_place(shift.key)) continue;
        std::erase_if(assigned, [&](const topology::Placed& one) { return one.key == shift.key; });
        if (shift.to != host) assigned.push_back({.key = shift.key, .word = shift.to});
    }
    std::ranges::sort(assigned, {}, [](const topology::Placed& one) { return topology::text_of(one.key); });
    return assigned;
}

} // namespace usbroute::plan
