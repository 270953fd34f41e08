// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "diagnose/next_steps.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "diagnose/attempt.hpp"
#include "plan/ownership.hpp"
#include "plan/whole_controller.hpp"

#include <algorithm>

namespace usbroute::diagnose {

using config::GuestSettings;

FirstMove first_move(const Examination& examination)
{
    const auto& settings = examination.facts.settings;
    FirstMove refused;
    for (const auto& connector : examination.board.connectors) {
        const bool is_the_hosts =
            !connector.at || *connector.at == topology::SeatId(topology::OwnController{});
        const bool can_hold_something = connector.missing.empty(); // its hub is there
        if (plan::means_of(connector) != plan::Means::attach || !is_the_hosts || !can_hold_something)
            continue;
        const auto& name = connector.spec.name;
        for (const auto& guest : settings.guests) {
            if (!guest.takes_devices()) continue;
            const auto outcome = planned(examination, settings, {.connectors = {name}, .to = guest.name});
            if (std::holds_alternative<plan::Plan>(outcome))
                return {.command = format("usbroute move {} --to {}", name.text(), guest.name.text()),
                        .sentence = format("{} can be given to {}", name.text(), guest.name.text())};
            if (!refused.sentence.empty()) continue;
            const auto& refusal = std::get<plan::Refusal>(outcome);
            refused.sentence =
                format("{} cannot be given to {} now: {}", name.text(), guest.name.text(), refusal.sentence);
            refused.remedy = refusal.reason == plan::Reason::last_keyboard
                                 ? "give the host another keyboard first"
                                 : refusal.remedy;
        }
    }
    return refused;
}

WayToBind way_to_bind(const Examination& examination, const GuestSettings& guest)
{
    const auto& settings = examination.facts.settings;
    const bool loaded = examination.facts.condition.vfio_driver;
    const auto command = format("{}sudo usbroute guest {} {}", loaded ? "" : "sudo modprobe vfio-pci; ",
                                plan::verb_to_give(guest), guest.name.text());
    const auto plainly = attempt(examination, settings, {.guest = guest.name});
    if (plainly.why_not.empty() && plainly.costs.none())
        return {.leads = plainly.gives_something, .text = command, .command = command};
    const auto leads_at_a_price = [](const std::string& way, const Costs& costs) {
        auto text = way;
        if (costs.leaves_no_controller) text += ", which leaves the host without any USB controller";
        // A command that would cut the host off is never the first step.
        if (const auto& route = costs.route)
            text = format("plug what carries {} ({}) into a socket of another controller, then {}",
                          route->carries, printable(route->name, 32), text);
        return WayToBind{.leads = true, .is_free = costs.none(), .text = std::move(text), .command = way};
    };
    const auto moved =
        attempt(examination, settings, {.guest = guest.name, .yes = false, .move_first = true});
    if (moved.why_not.empty() && (moved.costs.none() || !plainly.why_not.empty()))
        return leads_at_a_price(command + " --move-first", moved.costs);
    if (plainly.why_not.empty()) return leads_at_a_price(command, plainly.costs);
    return {.leads = false, .is_free = false, .text = plainly.why_not};
}
std::vector<std::string> ways_to_superspeed(const Examination& examination, std::uint32_t off)
{
    std::vector<std::string> ways;
    const auto& board = examination.board;
    for (std::size_t i = 0; i < board.configured; ++i) {
        const auto& spec = board.connectors[i].spec;
        if (!spec.superspeed || (spec.superspeed->mask() & off) == 0) continue;
        const auto outcome = planned(examination, examination.facts.settings,
                                     {.connectors = {spec.name}, .to = config::ToHost{}});
        const auto* made = std::get_if<plan::Plan>(&outcome);
        const auto* shift = made == nullptr ? nullptr : made->change.of(*spec.superspeed);
        if (shift != nullptr && shift->to == route::word_on)
            ways.push_back(format("usbroute move {} --to host", spec.name.text()));
    }
    return ways;
}
} // namespace usbroute::diagnose
