// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/in_guest.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <vector>

namespace usbroute::report {

namespace {

constexpr std::size_t most_of_a_place = 64;

std::string words_for_held(const assign::HeldFunction& held)
{
    auto text = held.function.text();
    if (!held.place.empty()) text += " on " + printable(held.place, most_of_a_place);
    if (held.farewell != assign::Farewell::none) text += format(" ({})", assign::text_of(held.farewell));
    return text;
}

} // namespace

InGuestView in_guest_view(const GuestName& guest, const assign::InGuest& seen)
{
    InGuestView view{.guest = guest.text(),
                     .machine = std::string(assign::text_of(seen.machine)),
                     .why = seen.why,
                     .process = seen.process,
                     .functions = {},
                     .places = texts_of(seen.free_places,
                                        [](const auto& place) { return printable(place, most_of_a_place); }),
                     .chooses_places = seen.chooses_places};
    for (const auto& held : seen.held)
        view.functions.push_back({.function = held.function.text(),
                                  .object = printable(held.object, most_of_a_place),
                                  .place = printable(held.place, most_of_a_place),
                                  .farewell = std::string(assign::text_of(held.farewell))});
    return view;
}

std::optional<assign::InGuest> in_guest_of(const InGuestView& view)
{
    const auto machine = assign::machine_state_from(view.machine);
    if (!machine) return std::nullopt;
    assign::InGuest seen{.machine = *machine,
                         .why = view.why,
                         .process = view.process,
                         .held = {},
                         .free_places = view.places,
                         .chooses_places = view.chooses_places};
    for (const auto& one : view.functions) {
        const auto function = PciAddress::parse(one.function);
        const auto farewell = assign::farewell_from(one.farewell);
        if (!function || !farewell) return std::nullopt;
        seen.held.push_back(
            {.function = *function, .object = one.object, .place = one.place, .farewell = *farewell});
    }
    return seen;
}

std::string in_guest_in_words(const GuestName& guest, const assign::InGuest& seen)
{
    if (seen.machine == assign::MachineState::away) return guest.text() + " does not run";
    if (seen.machine == assign::MachineState::silent) return guest.text() + " cannot be asked now";
    std::vector<std::string> held;
    for (const auto& one : seen.held) held.push_back(words_for_held(one));
    return format("{} has {}; {} of its root ports {} free", guest.text(),
                  held.empty() ? "no controller of the host" : join(held, ", "), seen.free_places.size(),
                  seen.free_places.size() == 1 ? "is" : "are");
}

} // namespace usbroute::report
