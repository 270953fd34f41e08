// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/trial.hpp"

#include "base/format.hpp"
#include "base/groups.hpp"
#include "base/text.hpp"
#include "plan/board.hpp"
#include "plan/ownership.hpp"

#include <utility>
#include <vector>

namespace usbroute::report {

using topology::Connector;

namespace {

/// The owner at that seat, or the seat where another one has the same owner.
std::string place_in_words(const topology::SeatId& seat, const Connector& connector,
                           const config::Settings& settings)
{
    const auto owner = plan::text_of(plan::owner_at(connector, seat, settings));
    const bool is_telling = std::ranges::none_of(connector.seats, [&](const topology::Seat& other) {
        return other.id != seat && plan::text_of(plan::owner_of(other.controller, settings)) == owner;
    });
    return is_telling ? owner : std::string(topology::text_of(seat));
}

} // namespace

std::string way_back(const plan::Change& way, const topology::Snapshot& snapshot,
                     const config::Settings& settings)
{
    std::vector<std::pair<std::string, std::vector<std::string>>> places;
    const auto board = plan::look_at_board(snapshot, settings);
    for (const auto* connector : board.all())
        if (const auto seat = way.seat_before(connector->spec))
            group_with(places, place_in_words(*seat, *connector, settings))
                .push_back(connector->spec.name.text());
    std::string text;
    for (const auto& [place, names] : places)
        text += format("{}{} {} back to {}", text.empty() ? "" : "; ", join(names, ", "),
                       names.size() == 1 ? "goes" : "go", place);
    return text.empty() ? std::string("the SuperSpeed half goes back") : text;
}

std::string trial_sentence(const std::string& way, std::chrono::seconds left, const std::string& why_out)
{
    if (!why_out.empty()) return format("{} as soon as possible unless confirmed; {}", way, why_out);
    return format("{} in {} s unless confirmed", way, left.count());
}

std::string trial_line(const std::string& way, std::chrono::seconds left, const std::string& why_out)
{
    if (why_out.empty()) return trial_sentence(way, left) + ": usbroute confirm";
    return format("{} as soon as possible unless confirmed (usbroute confirm); {}", way, why_out);
}

} // namespace usbroute::report
