// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/whole_controller.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/handover.hpp"
#include "plan/handover_policy.hpp"

#include <vector>

namespace usbroute::plan {

using topology::Connector;
using topology::PciController;

namespace {

const PciController* own_controller(const Connector& connector)
{
    return connector.controller_at(topology::OwnController{});
}

/// ", and rear-2 and rear-3 with it"; empty: nothing else is known there.
std::string what_else_goes(const Board& board, const Connector& connector, const PciController& controller)
{
    std::vector<std::string> names;
    for (const auto* other : connectors_within_reach(board, controller.address))
        if (other != &connector) names.push_back(other->spec.name.text());
    return names.empty() ? std::string() : format(", and {} with it", listed(names));
}

std::string_view verb_to_take(const config::GuestSettings& guest)
{
    return guest.takes_devices() ? "unassign" : "release";
}

} // namespace

std::string_view verb_to_give(const config::GuestSettings& guest)
{
    return guest.bind == config::BindAt::running ? "assign" : "bind";
}

std::string root_ports_needed(const config::GuestSettings& guest)
{
    if (guest.bind != config::BindAt::running || guest.controllers.empty()) return {};
    const auto count = guest.controllers.size();
    return format(
        "it is given {} while it runs, so its machine has to be started with {}; `usbroute guest lines {} {}` prints {}",
        counted(count, "controller", "controllers"),
        count == 1 ? "an empty root port" : "an empty root port for each", guest.name.text(),
        guest.libvirt ? "--libvirt" : "--qemu", count == 1 ? "it" : "them");
}

std::optional<Owner> owner_of_whole(const Connector& connector, const config::Settings& settings)
{
    if (connector.whole_for) return std::nullopt; // it goes with all of its controller
    const auto* controller = own_controller(connector);
    if (controller == nullptr || !is_given_to_guest(*controller)) return std::nullopt;
    return owner_of(controller, settings);
}

std::optional<Refusal> why_only_whole(const Connector& connector, const config::Target& target,
                                      const config::Settings& settings, const Board& board)
{
    const auto* controller = own_controller(connector);
    if (controller == nullptr || connector.whole_for) return std::nullopt;
    const auto& name = connector.spec.name.text();
    const auto others = what_else_goes(board, connector, *controller);
    const auto* wanted = std::get_if<GuestName>(&target);
    if (const auto owner = owner_of_whole(connector, settings)) {
        const auto* has = std::get_if<OwnedByGuest>(&*owner);
        if (has != nullptr && wanted != nullptr && *wanted == has->guest) return std::nullopt;
        const auto* guest = has == nullptr ? nullptr : settings.guest(has->guest);
        return Refusal{
            .reason = Reason::whole_controller,
            .subject = name,
            .sentence =
                format("{} is on {}, which {} has whole", name, controller->name,
                       guest == nullptr ? std::string("a guest of somebody else's") : guest->name.text()),
            .remedy = guest == nullptr
                          ? format("take {} back from there first{}", controller->name, others)
                          : format("`sudo usbroute guest {} {}` takes {} back{}", verb_to_take(*guest),
                                   guest->name.text(), controller->name, others),
            .evidence = {
                format("the driver of {} is {}", controller->name, printable(controller->driver, 32))}};
    }
    const auto* guest = wanted == nullptr ? nullptr : settings.guest(*wanted);
    if (guest == nullptr || guest->takes_devices() || !gets(*guest, controller->address)) return std::nullopt;
    return Refusal{.reason = Reason::whole_controller,
                   .subject = name,
                   .sentence = format("{} goes to {} only with its whole controller {}", name,
                                      guest->name.text(), controller->name),
                   .remedy = format("`sudo usbroute guest {} {}` gives {}{}", verb_to_give(*guest),
                                    guest->name.text(), controller->name, others),
                   .evidence = {format("[guest.{}] has {} among its controllers, and neither qmp nor libvirt",
                                       guest->name.text(), controller->name)}};
}

} // namespace usbroute::plan
