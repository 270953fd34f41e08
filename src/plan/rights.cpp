// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/rights.hpp"

#include "base/format.hpp"
#include "plan/ownership.hpp"

#include <algorithm>

namespace usbroute::plan {

using config::Lift;
using config::ListenerSettings;
using config::Settings;
using config::Verb;
using topology::Connector;
using topology::Side;

namespace {

bool is_without_a_trial(const Request& request) { return request.revert_after && !request.is_trial(); }

/// Where a right is granted, as it would be written there.
std::string how_to_grant(const ListenerSettings& listener, Lift lift)
{
    return format(R"(may = ["{}"] in [listen.{}])", config::text_of(lift), listener.name.text());
}

std::optional<std::string> why_not_lifted(const ListenerSettings& listener, const Request& request)
{
    const auto no = [&](Lift lift, std::string_view what) {
        return format(
            "listener {} does not have the right {} that {} needs; use the control socket, or grant it: {}",
            listener.name.text(), config::text_of(lift), what, how_to_grant(listener, lift));
    };
    if (request.yes && !listener.may_lift(Lift::yes)) return no(Lift::yes, "yes=1");
    if (!request.force_disks.empty() && !listener.may_lift(Lift::force_disk))
        return no(Lift::force_disk, "force-disk=");
    if (is_without_a_trial(request) && !listener.may_lift(Lift::no_trial))
        return no(Lift::no_trial, "revert-after=0");
    return std::nullopt;
}

std::optional<std::string> why_not_lifted_by_guest(const GuestName& guest, const Request& request)
{
    if (request.yes || !request.force_disks.empty())
        return format("{} may not lift a guard of the host: leave out yes=1 and force-disk=", guest.text());
    if (is_without_a_trial(request))
        return format("{} may not do without a trial: leave out revert-after=0", guest.text());
    return std::nullopt;
}

std::optional<std::string> why_not_moved_by_guest(const GuestName& guest, const Settings& settings,
                                                  const MoveRequest& move)
{
    const bool to_host = std::holds_alternative<config::ToHost>(move.to);
    if (!to_host && move.to != config::Target(guest))
        return format("{} may move connectors to itself and to host", guest.text());
    for (const auto& connector : move.connectors)
        if (!is_granted(settings, guest, connector))
            return format("{} may not move {}: no profile gives it to {}", guest.text(), connector.text(),
                          guest.text());
    return std::nullopt;
}

/// Which questions it may answer is for whoever knows them (plan/open_questions.hpp).
std::optional<std::string> why_not_answered_by_guest(const GuestName& guest, const AnswerRequest& answer)
{
    if (answer.always)
        return format("{} may not have a rule written on the host: leave out always=1", guest.text());
    if (!std::holds_alternative<config::ToHost>(answer.to) && answer.to != config::Target(guest))
        return format("{} may answer with itself and with host", guest.text());
    return std::nullopt;
}

/// A rule outlives everything else that a client can say.
std::optional<std::string> why_not_always(const ListenerSettings& listener, const Request& request)
{
    const auto* answer = std::get_if<AnswerRequest>(&request.wish);
    if (answer == nullptr || !answer->always || listener.is_control()) return std::nullopt;
    return format("listener {} may not ask for a rule: always=1 is the control socket's alone",
                  listener.name.text());
}

std::vector<ProfileName> profiles_of(const Wish& wish)
{
    if (const auto* apply = std::get_if<ApplyRequest>(&wish)) return {apply->profile};
    if (const auto* toggle = std::get_if<ToggleRequest>(&wish)) return toggle->profiles;
    return {};
}

std::optional<std::string> why_not_for_guest(const GuestName& guest, const Settings& settings,
                                             const Deed& deed)
{
    if (deed.verb == Verb::regs)
        return format("{} may not read the registers: they tell of every socket of the host", guest.text());
    if (deed.verb == Verb::log)
        return format("{} may not read the log: it tells of every socket of the host", guest.text());
    for (const auto& connector : deed.about)
        if (!is_granted(settings, guest, connector))
            return format("{} may not ask about {}: no profile gives it to {}", guest.text(),
                          connector.text(), guest.text());
    if (!deed.request) return std::nullopt;
    if (auto no = why_not_lifted_by_guest(guest, *deed.request)) return no;
    if (const auto* move = std::get_if<MoveRequest>(&deed.request->wish))
        if (auto no = why_not_moved_by_guest(guest, settings, *move)) return no;
    if (const auto* answer = std::get_if<AnswerRequest>(&deed.request->wish))
        if (auto no = why_not_answered_by_guest(guest, *answer)) return no;
    const auto round = settings.toggle_order();
    for (const auto& profile : profiles_of(deed.request->wish))
        if (std::ranges::find(round, profile) == round.end())
            return format("{} may not apply {}: it is not in the toggle round", guest.text(), profile.text());
    return std::nullopt;
}

/// Whose controllers a connector can be at.
struct Parties {
    bool has_this_guest = false;
    bool has_another = false;
};

Parties parties_of(const Connector& connector, const GuestName& guest, const Settings& settings)
{
    Parties parties;
    for (const auto& seat : connector.seats) {
        const auto owner = owner_of(seat.controller, settings);
        const auto* claimed = std::get_if<OwnedByGuest>(&owner);
        const bool is_this = claimed != nullptr && claimed->guest == guest;
        parties.has_this_guest = parties.has_this_guest || is_this;
        parties.has_another = parties.has_another || std::holds_alternative<OwnedByStranger>(owner) ||
                              (claimed != nullptr && !is_this);
    }
    return parties;
}

/// Each of its sockets comes from the guest or goes there: only then does the guest see what came of it.
bool is_party_to(const Change& change, const GuestName& guest, const Board& board, const Settings& settings)
{
    return std::ranges::all_of(board.connectors, [&](const Connector& connector) {
        const bool is_moved = change.moves(connector.spec);
        return !is_moved || parties_of(connector, guest, settings).has_this_guest;
    });
}

} // namespace

bool is_granted(const Settings& settings, const GuestName& guest, const ConnectorName& connector)
{
    return std::ranges::any_of(settings.profiles, [&](const config::ProfileSettings& profile) {
        return std::ranges::any_of(profile.entries, [&](const config::ProfileEntry& entry) {
            return entry.connector == connector && entry.target == config::Target(guest);
        });
    });
}

std::optional<std::string> why_not_allowed(const ListenerSettings& listener, const Settings& settings,
                                           const Deed& deed)
{
    if (!listener.allows(deed.verb))
        return format("listener {} does not allow {}", listener.name.text(), config::text_of(deed.verb));
    if (listener.guest) return why_not_for_guest(*listener.guest, settings, deed);
    if (!deed.request) return std::nullopt;
    if (auto no = why_not_always(listener, *deed.request)) return no;
    return why_not_lifted(listener, *deed.request);
}

bool is_wholly_of(const Change& change, const GuestName& guest, const Board& board, const Settings& settings)
{
    auto others = change;
    for (const auto& connector : board.connectors)
        if (is_granted(settings, guest, connector.spec.name) &&
            !parties_of(connector, guest, settings).has_another)
            others = others.without(others.part_of(connector.spec));
    return others.is_empty();
}

bool is_own_trial(const Change& way, const GuestName& guest, const Board& board, const Settings& settings)
{
    return is_wholly_of(way, guest, board, settings) && is_party_to(way, guest, board, settings);
}

std::optional<std::string> why_not_confirmed(const ListenerSettings& listener, const TrialUnderWay& trial,
                                             const Board& board, const Settings& settings)
{
    if (!listener.allows(Verb::confirm))
        return format("listener {} does not allow confirm", listener.name.text());
    if (listener.guest) {
        const auto& guest = *listener.guest;
        if (is_own_trial(trial.way, guest, board, settings)) return std::nullopt;
        return format(
            "{} may not confirm this trial: not all of its sockets are {}'s own and come from it or go there",
            guest.text(), guest.text());
    }
    if (listener.may_lift(Lift::no_trial)) return std::nullopt;
    const bool is_its_own =
        !trial.through.empty() &&
        std::ranges::all_of(trial.through, [&](const ListenerName& name) { return name == listener.name; });
    if (is_its_own) return std::nullopt;
    return format(
        "listener {} may not confirm this trial: others have a part in it; use the control socket, or "
        "grant it: {}",
        listener.name.text(), how_to_grant(listener, Lift::no_trial));
}

Refusal as_told_to(const ListenerSettings& listener, Refusal refusal)
{
    const auto& name = listener.name.text();
    if (refusal.reason == Reason::last_keyboard && !listener.may_lift(Lift::yes))
        refusal.remedy =
            format("listener {} may not lift this guard, not even for a trial: use the control socket, "
                   "set may_take_last_keyboard in the profile, or grant it: {}",
                   name, how_to_grant(listener, Lift::yes));
    if (refusal.reason == Reason::no_driver && !listener.may_lift(Lift::yes))
        refusal.remedy = format("bind a driver to it; listener {} may not say yes: {}", name,
                                how_to_grant(listener, Lift::yes));
    if (refusal.reason == Reason::disk_in_use && !listener.may_lift(Lift::force_disk))
        refusal.remedy = format("unmount it; listener {} may not force it: {}", name,
                                how_to_grant(listener, Lift::force_disk));
    return refusal;
}

} // namespace usbroute::plan
