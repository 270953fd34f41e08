// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/access.hpp"

#include "base/format.hpp"

#include <algorithm>

namespace usbroute::daemon {

using config::Settings;
using config::Verb;
using wire::Command;

namespace {

bool is_granted(const Settings& settings, const GuestName& guest, const ConnectorName& connector)
{
    return std::ranges::any_of(settings.profiles, [&](const config::ProfileSettings& profile) {
        return std::ranges::any_of(profile.entries, [&](const config::ProfileEntry& entry) {
            return entry.connector == connector && entry.target == config::Target(guest);
        });
    });
}

std::optional<std::string> why_not_for_guest(const GuestName& guest, const Settings& settings,
                                             const Command& command)
{
    if (command.yes || !command.force_disks.empty())
        return format("{} may not lift a guard of the host: leave out yes=1 and force-disk", guest.text());
    if (command.revert_after && command.revert_after->count() == 0)
        return format("{} may not do without a trial: leave out revert-after=0", guest.text());
    const auto verb = command.verb == Verb::plan ? command.planned : command.verb;
    if (verb == Verb::move) {
        const bool to_host = std::holds_alternative<config::ToHost>(command.to);
        if (!to_host && command.to != config::Target(guest))
            return format("{} may move connectors to itself and to host", guest.text());
        for (const auto& connector : command.connectors)
            if (!is_granted(settings, guest, connector))
                return format("{} may not move {}: no profile gives it to {}", guest.text(), connector.text(),
                              guest.text());
    }
    const auto round = settings.toggle_order();
    for (const auto& profile : command.profiles)
        if (std::ranges::find(round, profile) == round.end())
            return format("{} may not apply {}: it is not in the toggle round", guest.text(), profile.text());
    return std::nullopt;
}

} // namespace

bool may_enter(const Members& members, const linux_::Peer& peer)
{
    if (peer.user == 0 || peer.user == members.own_user) return true;
    return members.group && std::ranges::find(peer.groups, *members.group) != peer.groups.end();
}

std::optional<std::string> why_not_allowed(const config::ListenerSettings& listener, const Settings& settings,
                                           const Command& command)
{
    if (!listener.allows(command.verb))
        return format("listener {} does not allow {}", listener.name.text(), config::text_of(command.verb));
    if (listener.guest) return why_not_for_guest(*listener.guest, settings, command);
    return std::nullopt;
}

} // namespace usbroute::daemon
