// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/parse.hpp"
#include "daemon/assembly.hpp"
#include "fakes/client_end.hpp"
#include "fakes/daemon_room.hpp"
#include "fakes/fake_alarm.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/scripted_hints.hpp"
#include "fakes/world.hpp"
#include "linux/first_move.hpp"
#include "linux/journal_file.hpp"
#include "linux/locations.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace usbroute::fakes {

/// Sees what it is told to see.
class ScriptedScanner final : public observe::Scanner {
public:
    using See = std::function<topology::Snapshot(const topology::Snapshot& before, const observe::Hints&)>;

    explicit ScriptedScanner(See see) : see_(std::move(see)) {}
    [[nodiscard]] topology::Snapshot look(const topology::Snapshot& before,
                                          const observe::Hints& hints) const override
    {
        return see_(before, hints);
    }
    [[nodiscard]] bool still_holds(const topology::Snapshot&) const override { return holds; }
    bool holds = true; ///< what the kernel lists

private:
    See see_;
};

/// What outlives daemons that are started and killed: the machine below, its clock, the loop's time, the files.
struct LastingGround {
    /// A machine whose sockets have been moved before.
    LastingGround()
    {
        std::filesystem::create_directories(lasting());
        std::ofstream(first_move()) << "usbroute-first-move 1\n";
    }
    [[nodiscard]] std::string lasting() const { return state.path() + "/lasting"; }
    /// Where a usbroute-libvirt would listen, in a file "socket".
    [[nodiscard]] std::string libvirt() const { return state.path() + "/libvirt"; }
    [[nodiscard]] std::string first_move() const { return lasting() + "/first-move"; }

    FakeLoop loop;
    FakeAlarm alarm;
    StateDirectory state;
    std::string claims = {}; ///< where usbroute-claims listens; empty: the kernel is not asked
    std::string bind = {};   ///< where usbroute-bind listens; empty: nowhere
};

/// A daemon's life from one start to one death: the daemon's own assembly, and clients that need no listeners.
class DaemonLife {
public:
    DaemonLife(World& world, LastingGround& on, config::Settings settings,
               daemon::ScanPlace place = daemon::ScanPlace::loop)
        : DaemonLife({.tree = world.tree(),
                      .see = [&world](const auto&, const auto&) { return world.snapshot(); },
                      .registers = world,
                      .are_registers_there = [&world] { return world.is_on_the_bus(World::controllers[0]); }},
                     on, std::move(settings), place)
    {}

    /// A machine by its parts.
    struct Below {
        const observe::KernelTree& tree;
        ScriptedScanner::See see;
        apply::RouteRegisters& registers;
        std::function<bool()> are_registers_there = [] { return true; };
        linux_::UsbNodes* nodes = nullptr;
    };
    DaemonLife(Below below, LastingGround& on, config::Settings settings,
               daemon::ScanPlace place = daemon::ScanPlace::loop)
        : loop(on.loop),
          alarm(on.alarm),
          locations{.state = on.state.path(),
                    .claims = on.claims,
                    .bind = on.bind,
                    .libvirt = on.libvirt(),
                    .lasting = on.lasting()},
          journal(on.state.path()),
          first_move(on.lasting()),
          scanner(below.see),
          assembly({.loop = loop,
                    .tree = below.tree,
                    .scanner = scanner,
                    .hints = hints,
                    .events = no_count_,
                    .place = place,
                    .journal = journal,
                    .first_move = first_move,
                    .open_registers = opener_of(below),
                    .make_alarm = alarm.lent(),
                    .locations = locations,
                    .nodes = below.nodes},
                   std::move(settings))
    {}

    ~DaemonLife() { loop.leave_errands(); }
    DaemonLife(const DaemonLife&) = delete;
    DaemonLife& operator=(const DaemonLife&) = delete;

    /// As the listeners would open it. A listener of that name keeps its clients and gets these rights.
    daemon::Entrance& open(config::ListenerSettings settings)
    {
        for (auto& entrance : assembly.entrances)
            if (entrance.settings.name == settings.name) {
                entrance.settings = std::move(settings);
                return entrance;
            }
        auto& entrance = assembly.entrances.emplace_back();
        entrance.settings = std::move(settings);
        return entrance;
    }
    /// `ended` is called when the client has gone.
    ClientEnd connect(config::ListenerSettings through, std::string who, std::function<void()> ended = {})
    {
        auto& entrance = open(std::move(through));
        auto [ours, theirs] = connection();
        assembly.clients.add(
            {.loop = loop, .lookout = assembly.lookout, .claims = assembly.claims, .owner = assembly.clients},
            std::move(ours), entrance, assembly.service, {.party = {}, .who = std::move(who)},
            std::move(ended));
        return std::move(theirs);
    }
    /// Somebody who hears everything that is told on the host.
    ClientEnd subscribe()
    {
        auto client = connect(config::default_control_listener(), "subscriber");
        client.say("subscribe\n");
        loop.settle();
        (void)client.hear();
        return client;
    }
    /// A look at everything, and all that follows from it at this time.
    void look()
    {
        assembly.lookout.doubt_everything();
        loop.advance(std::chrono::milliseconds(50));
        while (loop.errands() > 0) loop.run_errand();
    }

    FakeLoop& loop;
    FakeAlarm& alarm;
    ScriptedHints hints;
    linux_::Locations locations;
    linux_::JournalFile journal;
    linux_::FirstMove first_move;

private:
    static daemon::Machine::OpenRegisters opener_of(const Below& below)
    {
        return [registers = &below.registers, are_there = below.are_registers_there](
                   const PciAddress&) -> Result<std::unique_ptr<apply::RouteRegisters>> {
            if (!are_there()) return std::unexpected(Error(ErrorKind::failed, "no such device", ENODEV));
            return std::make_unique<BorrowedRegisters>(*registers);
        };
    }

    observe::NoCount no_count_;

public:
    ScriptedScanner scanner;
    daemon::Assembly assembly;
};

} // namespace usbroute::fakes
