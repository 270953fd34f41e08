// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/seats.hpp"

#include "topology/snapshot.hpp"

#include <algorithm>

namespace usbroute::attach {

using topology::Connector;
using topology::OwnController;
using topology::SeatId;

std::optional<SeatId> said_seat(const topology::Snapshot& snapshot, const topology::ConnectorSpec& spec)
{
    for (const auto& key : topology::place_keys(spec))
        for (const auto& placed : snapshot.assigned)
            if (placed.key == key) return topology::seat_of_word(placed.word).value_or(OwnController{});
    return std::nullopt;
}

void add_seats(Connector& connector, const topology::Snapshot& snapshot, const std::vector<GuestName>& guests)
{
    const auto* own = connector.seat(OwnController{});
    if (own == nullptr) return;
    const auto with = [here = *own](SeatId id) {
        auto seat = here;
        seat.id = std::move(id);
        return seat;
    };
    for (const auto& guest : guests) connector.seats.push_back(with(guest));
    connector.seats.push_back(with(topology::Parked{}));
    auto at = said_seat(snapshot, connector.spec).value_or(OwnController{});
    if (connector.seat(at) != nullptr) connector.at = std::move(at);
}

bool can_be_given(const Connector& connector) { return connector.seat(topology::Parked{}) != nullptr; }

bool is_word_of(const topology::Key& key, std::string_view word)
{
    return topology::is_of_a_place(key) && topology::seat_of_word(word).has_value();
}

} // namespace usbroute::attach
