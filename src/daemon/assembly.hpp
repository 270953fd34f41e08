// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/alarm.hpp"
#include "daemon/choices.hpp"
#include "daemon/claim_line.hpp"
#include "daemon/clients.hpp"
#include "daemon/controllers.hpp"
#include "daemon/entrance.hpp"
#include "daemon/first_routes.hpp"
#include "daemon/follower.hpp"
#include "daemon/giving.hpp"
#include "daemon/guests.hpp"
#include "daemon/last_seen.hpp"
#include "daemon/lookout.hpp"
#include "daemon/machine.hpp"
#include "daemon/moved.hpp"
#include "daemon/plugs.hpp"
#include "daemon/questions.hpp"
#include "daemon/recovery.hpp"
#include "daemon/register_news.hpp"
#include "daemon/restorer.hpp"
#include "daemon/service.hpp"
#include "daemon/sleep_line.hpp"
#include "daemon/trials.hpp"
#include "daemon/verdicts.hpp"
#include "daemon/whole_controllers.hpp"
#include "linux/first_move.hpp"
#include "linux/journal_file.hpp"
#include "linux/locations.hpp"
#include "linux/loop.hpp"
#include "linux/usb_node.hpp"
#include "observe/hints.hpp"
#include "observe/kernel_tree.hpp"
#include "observe/scanner.hpp"
#include "vmm/qmp_session.hpp"

#include <memory>
#include <optional>

namespace usbroute::daemon {

/// The parts of the daemon that know, decide and move, tied together; all of it but the sockets that clients come
/// through. `usbrouted`, the tests and the fuzzers put the same parts on different ground (docs/decisions/0042).
class Assembly {
public:
    /// What it is put on. All of it outlives the assembly.
    struct Ground {
        linux_::Loop& loop;
        const observe::KernelTree& tree; ///< for a closer look before a change
        const observe::Scanner& scanner;
        observe::HintSource& hints;
        const observe::EventCount& events;
        ScanPlace place = ScanPlace::worker;
        linux_::JournalFile& journal;
        linux_::FirstMove& first_move;
        Machine::OpenRegisters open_registers;
        MakeAlarm make_alarm;
        const linux_::Locations& locations;
        /// How a node gets to a guest's QEMU.
        vmm::QmpSession::Lend lend = linux_::lend;
        linux_::UsbNodes* nodes = nullptr;   ///< null: the daemon may not open nodes
        std::vector<vmm::KeptHub> hubs = {}; ///< claimed by an earlier daemon, as far as they are open
    };

    Assembly(Ground ground, config::Settings settings);
    /// Ends what clients there are.
    ~Assembly();
    Assembly(const Assembly&) = delete;
    Assembly& operator=(const Assembly&) = delete;

private:
    [[nodiscard]] Machine::Calls calls_of_machine();
    [[nodiscard]] TellMoved telling();
    [[nodiscard]] Wake waking();

    void remember_what_is_said();
    void locked_out();
    [[nodiscard]] std::optional<wire::Event> seen_by(const GuestName& guest, const wire::Event& event) const;
    void tell(const Moved& moved);
    void reverted(const Moved& moved);
    void found(const Findings& findings);
    [[nodiscard]] bool moves_by_itself() const;
    void move_what_nobody_asks_for();
    void look_at_devices();
    void restore();
    void sleep_turned();
    void kernel_has_answered();

    // In the order in which they are made; what one of them calls later may be below it.
    Ground ground_;
    Choices choices_;
    std::unique_ptr<Alarm> alarm_;

public:
    Entrances entrances;
    Clients clients;
    Machine machine;
    Restorer restorer;
    Trials trials;
    Lookout lookout;
    Guests guests;
    Giving giving;
    Follower follower;
    Plugs plugs;
    Questions questions;
    SleepLine sleep;
    ClaimLine claims;
    Controllers controllers;
    WholeControllers whole;
    LastSeen last_seen;
    Service service;

private:
    Verdicts verdicts_;
    FirstRoutes first_routes_;
    Recovery recovery_;
    RegisterNews register_news_;
    WhenFresh end_of_trial_;         ///< which moves sockets like anybody else
    linux_::Timer look_later_;       ///< what was put off may go then
    linux_::Timer lock_may_be_free_; ///< after another process was found at work on the sockets
    bool has_looked_ = false;
};

} // namespace usbroute::daemon
