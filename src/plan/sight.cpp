// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/sight.hpp"

#include "base/format.hpp"
#include "plan/board.hpp"
#include "plan/ownership.hpp"
#include "plan/rights.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::plan {

using config::Settings;
using topology::Snapshot;

namespace {

bool has(const std::vector<std::string>& names, std::string_view name)
{
    return std::ranges::find(names, name) != names.end();
}

struct Words {
    std::string sentence;
    std::string_view remedy;
};

constexpr std::string_view ask_there = "usbroute on the host says more";

/// `socket` is its name, or words for one that the guest does not see.
Words words_for(const Refusal& refusal, const std::string& socket)
{
    switch (refusal.reason) {
    case Reason::no_such_connector: return {"there is no such connector", ask_there};
    case Reason::several_devices: return {"more than one device could be meant", ask_there};
    case Reason::no_question: return {"no question is open that could be answered over this line", ask_there};
    case Reason::several_questions: return {"more than one question is open", ask_there};
    case Reason::not_lasting: return {"no rule can be for just this device", ask_there};
    case Reason::not_offered: return {"that is not among the answers", ask_there};
    case Reason::always_host: return {format("what is in {} stays with the host", socket), ask_there};
    case Reason::no_such_profile: return {"there is no such profile", ask_there};
    case Reason::no_such_guest: return {"there is no such guest", ask_there};
    case Reason::nothing_to_toggle: return {"no profile is configured", ask_there};
    case Reason::nothing_to_undo: return {"no change is remembered since the machine started", ""};
    case Reason::not_the_guests_change: return {refusal.sentence, refusal.remedy};
    case Reason::changed_since:
        return {"the wires are no longer where the last change left them",
                "move what you want moved by name"};
    case Reason::owner_changed:
        return {format("{} has another owner by now", socket), "move what you want moved by name"};
    case Reason::no_mux:
    case Reason::several_muxes:
    case Reason::read_only_chip: return {"the host's chipset cannot move sockets", ask_there};
    case Reason::registers_unreadable: return {"the host cannot read its routing registers", ask_there};
    case Reason::connector_without_bit:
    case Reason::no_such_bit:
    case Reason::no_such_superspeed_port: return {format("{} cannot be moved", socket), ask_there};
    case Reason::bit_not_movable: return {format("firmware does not let {} move", socket), ask_there};
    case Reason::no_twin: return {format("{} has no other side to go to", socket), ask_there};
    case Reason::nobody_behind_route:
        return {format("the controller to which {} would go is not there", socket), ask_there};
    case Reason::no_driver:
        return {format("no driver runs the controller to which {} would go", socket), ask_there};
    case Reason::not_authorized:
        return {format("the host has not authorized the hub to which {} would go", socket), ask_there};
    case Reason::guest_not_given:
        return {format("the controller to which {} would go has not been given away", socket), ask_there};
    case Reason::not_the_guests_controller:
        return {format("{} cannot reach a controller of its guest", socket), ask_there};
    case Reason::last_keyboard:
        return {format("{} holds the host's last keyboard", socket), "only the host can let it go"};
    case Reason::not_seen_yet:
        return {format("{} has only just come to the host", socket), "try again in a moment"};
    case Reason::disk_in_use:
        return {format("{} holds a disk that the host uses", socket), "have it unmounted on the host"};
    case Reason::not_expected:
        return {format("{} does not hold what is expected there", socket),
                "have the right device plugged in"};
    case Reason::whole_controller: return {format("{} goes only with its controller", socket), ask_there};
    case Reason::controller_not_there:
    case Reason::not_a_usb_controller:
    case Reason::iommu_off:
    case Reason::group_shared:
    case Reason::vfio_not_loaded:
    case Reason::no_controllers:
    case Reason::no_monitor:
    case Reason::guest_not_running:
    case Reason::guest_silent:
    case Reason::no_root_port:
    case Reason::not_ours:
    case Reason::no_binder:
    case Reason::guest_running: return {"a controller cannot change hands", ask_there};
    }
    std::unreachable();
}

} // namespace

bool Sight::sees(std::string_view connector) const { return has(sockets, connector); }

bool Sight::sees_owner(std::string_view owner) const
{
    return owner == guest.text() || owner == "host" || owner == "ehci" || owner == "xhci";
}

bool Sight::sees_profile(std::string_view profile) const { return has(profiles, profile); }

Sight sight_of(const GuestName& guest, const Settings& settings)
{
    Sight sight{.guest = guest, .sockets = {}, .profiles = {}, .lines = {}};
    for (const auto& profile : settings.profiles)
        for (const auto& entry : profile.entries)
            if (entry.target == config::Target(guest) && !sight.sees(entry.connector.text()))
                sight.sockets.push_back(entry.connector.text());
    for (const auto& profile : settings.toggle_order()) sight.profiles.push_back(profile.text());
    for (const auto& listener : settings.listeners)
        if (listener.guest == guest) sight.lines.push_back(listener.name.text());
    return sight;
}

Sight sight_of(const GuestName& guest, const Settings& settings, const Snapshot& snapshot)
{
    auto sight = sight_of(guest, settings);
    sight.sockets.clear();
    for (const auto& connector : look_at_board(snapshot, settings).connectors) {
        const auto owner = owner_now(connector, settings);
        const bool is_its_own = owner == Owner(OwnedByGuest{guest});
        const bool is_of_others = std::holds_alternative<OwnedByStranger>(owner) ||
                                  (std::holds_alternative<OwnedByGuest>(owner) && !is_its_own);
        if (is_its_own || (!is_of_others && is_granted(settings, guest, connector.spec.name)))
            sight.sockets.push_back(connector.spec.name.text());
    }
    return sight;
}

Refusal in_general_words(const Refusal& refusal, const Sight& sight)
{
    const bool is_seen = sight.sees(refusal.subject);
    auto words = words_for(refusal, is_seen ? refusal.subject : "a socket that this would move");
    return {.reason = refusal.reason,
            .subject = is_seen ? refusal.subject : std::string(),
            .sentence = std::move(words.sentence),
            .remedy = std::string(words.remedy)};
}

} // namespace usbroute::plan
