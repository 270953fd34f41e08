// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/seen.hpp"
#include "daemon/domain_line.hpp"
#include "daemon/going_back.hpp"
#include "daemon/guest_memory.hpp"
#include "daemon/lookout.hpp"
#include "daemon/machine.hpp"
#include "daemon/machine_line.hpp"
#include "daemon/moved.hpp"
#include "daemon/presence.hpp"
#include "daemon/qmp_line.hpp"
#include "linux/locations.hpp"
#include "linux/loop.hpp"
#include "linux/peer_process.hpp"
#include "plan/plugged.hpp"
#include "vmm/attach_backend.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::daemon {

/// Knows which guests are there: brings home what a guest had that is gone, gives a guest that has come what it begins
/// with (docs/decisions/0018).
///
/// All of it is kept in the state directory, so that a daemon that starts finds out what has happened meanwhile.
class Guests final : public Waiter {
public:
    struct Tell {
        TellMoved moved;
        /// "windows", "is gone"
        std::function<void(const GuestName& guest, std::string_view what)> changed;
        /// What a guest has of the host's devices is another, or whether it is there. May be empty.
        std::function<void()> devices = {};
    };
    struct Parts {
        linux_::Loop& loop;
        Machine& machine;
        Lookout& lookout;
        const linux_::Locations& locations;
        Tell tell;
        /// How an open device gets to a guest's QEMU.
        vmm::QmpSession::Lend lend = linux_::lend;
    };

    explicit Guests(Parts parts);
    ~Guests() override;
    Guests(const Guests&) = delete;
    Guests& operator=(const Guests&) = delete;

    /// The guests of the settings in force. The first time it recalls what an earlier daemon knew.
    void adopt();
    /// A client speaks for this guest. What comes back is to be called when it has gone, before its socket is closed.
    [[nodiscard]] std::function<void()> line_opened(const GuestName& name, int socket);
    /// Wires went back to where they had been, by themselves: what a guest got by it that is gone comes home again.
    void bring_home_again();
    /// After each look: what could not be done before may go now.
    void look_again();
    void looked(Look look) override;

    /// Those with a monitor, and what they have of the host's devices as far as that is known.
    [[nodiscard]] std::vector<attach::SeenGuest> seen() const;
    /// Starts it, or lets it go on, as a plug asks for. `done` is called at most once: not when the guest's line is given up meanwhile.
    void call(const GuestName& name, plan::PlugCalls what, std::function<void(Result<void>)> done);

    /// Nothing: there is no connection to its monitor.
    [[nodiscard]] std::optional<vmm::AttachBackend::Guest> to_give_to(const GuestName& name);

    /// Null: nobody can ask its machine, now or ever.
    [[nodiscard]] MachineLine* line_of(const GuestName& name);
    [[nodiscard]] bool knows(const GuestName& name) const;

    /// "qemu-system-x86 1234"; empty: none is known.
    [[nodiscard]] std::string process_of(const GuestName& name) const;

private:
    enum class Stage : std::uint8_t {
        to_be_started, ///< `on_start` is still to be applied
        started,
        ended, ///< what it had may still be away
    };
    /// How a guest is doing. From `there` it goes on downwards, and from each of them it can be `there` again.
    enum class Phase : std::uint8_t {
        away, ///< not seen yet; or gone, and what it has stays where it is
        there,
        in_grace, ///< gone a moment ago, and may be back
        owing,    ///< gone, and what it had is to come home: at the next look, or when `again` rings
        held_up,  ///< the same after a write that failed: only when `again` rings
        settled,  ///< gone, and what it had is at home
    };
    struct Process {
        linux_::KnownProcess known;
        linux_::FdWatch end; // after what it watches
        Stage stage = Stage::to_be_started;
    };
    struct Guest {
        GuestName name;
        Presence presence;
        std::list<Process> processes;         ///< also ended ones, until what they had has come home
        std::unique_ptr<MachineLine> machine; ///< null: it has neither a monitor nor a domain
        std::string machine_of;               ///< which one that is
        linux_::Timer grace;
        linux_::Timer again; ///< until what could not come home is tried again without a look
        Phase phase = Phase::away;
        bool is_under_way = false;               ///< its homecoming
        bool is_looked_at = false;               ///< its monitor is asked what it has
        std::vector<attach::HostObject> objects; ///< that it had when its line was heard of last
        Patience patience;
        std::string complaint; ///< said last; the same is not said again

        [[nodiscard]] bool owes_return() const { return phase == Phase::owing || phase == Phase::held_up; }
    };

    /// The machine that a guest had by the settings of before, until it has let go of what it was given.
    struct Parting {
        GuestName guest;
        std::unique_ptr<MachineLine> machine;
        std::size_t open = 0; ///< objects
    };

    [[nodiscard]] Guest* find(const GuestName& name);
    [[nodiscard]] const config::GuestSettings& settings_of(const Guest& guest) const;
    void add(const config::GuestSettings& settings);
    void follow_machine(Guest& guest);
    void follow_monitor(Guest& guest, const std::string& path);
    void follow_domain(Guest& guest, const config::LibvirtSettings& settings);
    [[nodiscard]] std::shared_ptr<vmm::LibvirtLine> libvirt_at(const std::string& path);
    [[nodiscard]] MachineLine::Tell tells_of(const Guest& guest);
    void part_from_machine(Guest& guest);
    [[nodiscard]] bool is_parting(const GuestName& name) const;
    void has_let_go(const GuestName& name, Result<void> taken);
    [[nodiscard]] const Guest* first_of_the_same_machine(const MachineLine& machine) const;
    [[nodiscard]] attach::SeenGuest seen(const Guest& guest) const;
    [[nodiscard]] bool may_be_a_second(const Guest& guest) const;
    void hear(Guest& guest, MachineNews news);
    void look_where_it_changed(Guest& guest);
    void recall();
    void recall(const RememberedProcess& remembered);
    [[nodiscard]] Process* admit(Guest& guest, linux_::KnownProcess known);
    void process_ended(const GuestName& name, const linux_::ProcessId& id);
    void line_closed(const GuestName& name, const linux_::ProcessId& id);
    void compare(Guest& guest);
    void has_gone(Guest& guest);
    void forget_ended(Guest& guest);

    [[nodiscard]] bool can_be_given_devices() const;
    void tell_of_devices() const;
    [[nodiscard]] bool is_anything_owed() const;
    void act();
    void carry_out_owed();
    void bring_home(Guest& guest);
    void has_come_home(Guest& guest, const std::shared_ptr<const topology::Snapshot>& before, WentBack gone);
    void try_again(Guest& guest);
    void start(Guest& guest, Process& process);
    void has_started(const GuestName& name, const linux_::ProcessId& id, const ProfileName& profile,
                     const std::shared_ptr<const topology::Snapshot>& before, Carried carried);
    void complain(Guest& guest, const std::string& why);
    void remember();

    Parts parts_;
    std::map<std::string, std::weak_ptr<vmm::LibvirtLine>> libvirts_; ///< by their sockets
    std::list<Guest> guests_;
    std::list<Parting> partings_;
    linux_::Timer soon_;
    linux_::Timer once_more_; ///< until what a guest that has gone had is looked at again
    std::string path_;
    std::string boot_;
    std::string remembered_; ///< what the file holds
    bool is_recalled_ = false;
    bool is_waiting_ = false; ///< the lookout knows of it
    bool could_remember_ = true;
};

} // namespace usbroute::daemon
