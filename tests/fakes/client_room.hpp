// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/claim_line.hpp"
#include "daemon/clients.hpp"
#include "daemon/lookout.hpp"
#include "fakes/client_end.hpp"
#include "fakes/daemon_room.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/scripted_desk.hpp"
#include "fakes/scripted_hints.hpp"
#include "observe/scanner.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace usbroute::fakes {

/// What a client's connection needs around it; its commands are answered by a scripted desk.
struct ClientRoom : DaemonRoom {
    ClientEnd connect(daemon::Entrance& entrance, daemon::Caller caller = {.party = {}, .who = "somebody"},
                      std::function<void()> ended = {})
    {
        auto [ours, theirs] = connection();
        clients.add({.loop = loop, .lookout = lookout, .claims = claims, .owner = clients}, std::move(ours),
                    entrance, desk, std::move(caller), std::move(ended));
        return std::move(theirs);
    }

    daemon::Entrance control{.settings = {.name = ListenerName("control"), .per_minute = 0}};
    daemon::Entrance netcat{.settings = {.name = ListenerName("netcat"), .address = config::TcpAddress{}}};
    observe::TreeScanner scanner{tree}; ///< outlives the loop, whose errands use it
    FakeLoop loop;
    ScriptedHints hints;
    observe::NoCount count;
    daemon::Lookout lookout{
        {.loop = loop, .machine = machine, .scanner = scanner, .hints = hints, .events = count},
        [](const daemon::Findings&) {}};
    daemon::ClaimLine claims{loop, machine, state.path() + "/claims.sock", [] {}};
    ScriptedDesk desk;
    daemon::Clients::EventForGuest guests_view; ///< to be filled by the test
    daemon::Clients clients{
        [this](const GuestName& guest, const wire::Event& event) -> std::optional<wire::Event> {
            return guests_view ? guests_view(guest, event) : std::nullopt;
        }};
};

} // namespace usbroute::fakes
