// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/conductor.hpp"
#include "apply/registers.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "linux/journal_file.hpp"
#include "observe/kernel_tree.hpp"
#include "plan/plan.hpp"
#include "topology/snapshot.hpp"

#include <chrono>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace usbroute::daemon {

/// The registers are not what we last wrote or read: a guest, firmware or another program has written them.
struct Drift {
    chips::RouteBits before;
    chips::RouteBits now;
    std::string_view cause; ///< who was likely, as half a sentence
};

/// What a look found that the look before it did not know.
struct Findings {
    std::vector<topology::SharedDevice> arrived;
    std::vector<topology::SharedDevice> left;
    std::optional<Drift> drift;
    /// The snapshot of before: where a device that left had been.
    std::shared_ptr<const topology::Snapshot> before;
};

using apply::Carried;
using apply::Done;
using apply::is_locked_out;
using apply::NotDone;

/// What is known of the machine, and the descriptors through which it is changed. Belongs to the loop's thread.
class Machine final : private apply::Workplace {
public:
    using OpenRegisters = std::function<Result<std::unique_ptr<apply::RouteRegisters>>(const PciAddress&)>;

    /// What is known of devices that are given to guests.
    struct Attached {
        const attach::Seen& seen;
        const attach::Remembered& of_devices;
    };

    /// What the machine asks of others, or tells them. What is empty is not there.
    struct Calls {
        /// Knows `plan::Situation::lines`; asked whenever something is decided.
        apply::Conductor::Lines lines;
        /// Begins to ask the kernel about disks, before a plan that would take one along. Without it, on a recorded machine,
        /// the lists that anybody can read have to do.
        std::function<void()> ask_claims;
        /// `carry_out` or `recover` found the lock held; to look again in a moment is up to whoever hears of it.
        std::function<void()> locked_out;
        /// How long the machine has slept since it booted.
        std::function<std::chrono::milliseconds()> asleep;
        /// What carries out a plan, or the part of it that is not for the registers; null: the registers do all of it.
        std::function<std::unique_ptr<apply::Backend>(const plan::Plan&)> other_means;
        std::function<Attached()> attached;
        /// What is known of controllers that moves bring to guests whole; and what carries that part of a plan out.
        std::function<const plan::ControllersKnown&()> controllers;
        std::function<std::unique_ptr<apply::Backend>(const plan::Plan&)> controller_means;
        /// What was said of places and devices before this boot, and is remembered; by the machine as that look has it.
        std::function<std::vector<topology::Placed>(const topology::Snapshot&)> remembered;
        /// What is said of them now; not while a trial is under way, for that can be taken back.
        std::function<void()> said;
        /// The settings are others.
        std::function<void()> adopted;
        /// A change was carried out; before whoever asked for it is told.
        std::function<void(const plan::Plan&)> carried_out;
        /// A change has ended, whatever came of it, and no other has begun yet.
        std::function<void()> ended;
    };

    /// `tree` is what it looks closer at.
    Machine(const observe::KernelTree& tree, linux_::JournalFile& journal, OpenRegisters open,
            Calls calls = {});

    void adopt(config::Settings settings);
    [[nodiscard]] const config::Settings& settings() const { return settings_; }
    /// Guests may have devices of ours: by these settings, or by earlier ones.
    [[nodiscard]] bool gives_devices() const { return gives_devices_; }
    [[nodiscard]] std::shared_ptr<const topology::Snapshot> snapshot() const { return snapshot_; }

    /// The lines of `Calls` may have changed.
    void lines_changed() { conductor_.forget_plans(); }

    /// The kernel's answer; nothing: the last one is too old.
    void know_claims(std::optional<topology::Claims> claims) { claims_ = std::move(claims); }
    /// True: what comes of this request depends on the kernel's answer about disks, and it is being asked now. Whoever
    /// carries requests out by themselves begin with this, and try again when there is an answer.
    [[nodiscard]] bool awaits_claims(const plan::Request& request);
    /// The same for what looks at a connector from all sides.
    [[nodiscard]] bool awaits_claims();

    /// A new look becomes what is known.
    Findings take(topology::Snapshot fresh);
    /// Reads the routing registers through the open descriptor. Cheap: one pread. Not while a change is under way.
    std::optional<Drift> read_registers();
    [[nodiscard]] topology::HostUse host_use() const;

    /// What the journal remembers.
    [[nodiscard]] apply::History history() const { return journal_.history(); }
    /// Plans; nothing is touched. The snapshot and the registers are fresh: the caller has seen to it.
    [[nodiscard]] plan::Outcome decide(const plan::Request& request) const
    {
        return conductor_.decide(request);
    }
    /// The same for whoever carries requests out by themselves; nothing: it awaits claims.
    [[nodiscard]] std::optional<plan::Outcome> decide_when_known(const plan::Request& request);
    using Then = std::function<void(Carried)>;
    /// How many changes wait at most for the one under way; one more is told to come later, as where another process holds
    /// the lock.
    static constexpr std::size_t most_waiting = 64;
    /// Plans and applies, under the lock that keeps direct commands out; never waits for it (`is_locked_out`). One change at
    /// a time: while one is under way the others wait, in the order in which they came. Calls back once: from within where
    /// nothing has to be waited for, as with routes.
    /// `decided`: see `Conductor::carry_out`.
    void carry_out(plan::Request request, apply::Signature signature, Then then,
                   std::optional<plan::Plan> decided = {});
    /// A change waits for what it has asked of others.
    [[nodiscard]] bool is_busy() const { return conductor_.is_under_way(); }

    [[nodiscard]] const std::optional<apply::Trial>& trial() const { return conductor_.trial(); }
    /// One that the journal tells of.
    void adopt_trial(apply::Trial trial) { conductor_.adopt_trial(std::move(trial)); }
    /// It stays as it is. An error: only the journal could not be told; with the code "busy" nothing was done.
    [[nodiscard]] Result<void> end_trial();
    /// Its time is over, and only this could not be taken back yet. With nothing in it the trial is over.
    [[nodiscard]] Result<void> end_trial_but_for(const plan::Change& rest);
    /// What `carry_out` found written by somebody else, once.
    [[nodiscard]] std::optional<Drift> take_drift() { return std::exchange(drift_, std::nullopt); }
    /// The registers hold what usbroute has not written: they were written by somebody else, or were never seen before.
    /// Until a RestoreRequest is carried out.
    [[nodiscard]] bool is_astray() const { return astray_; }
    /// A StartRequest is still to come: until then all that is asked for is remembered, also what was so already.
    void await_start(bool is_awaited) { is_start_awaited_ = is_awaited; }
    [[nodiscard]] bool is_start_awaited() const { return is_start_awaited_; }
    /// Ends a change that an earlier daemon was killed in, as far as the guards let it. Nothing: there is none. The error
    /// has the code "busy" where another process holds the lock, or a change is under way.
    [[nodiscard]] std::optional<Result<apply::Recovered>> recover();

private:
    [[nodiscard]] apply::Known known() const override;
    [[nodiscard]] apply::CloserLook look_closer(const topology::UseParts& needed) const override;
    [[nodiscard]] bool reads_otherwise() override;
    [[nodiscard]] Result<NotNull<apply::RouteRegisters>> registers(const PciAddress& controller) override;
    [[nodiscard]] Result<std::unique_ptr<apply::Backend>> backend_for(const plan::Plan& plan) override;
    void wrote(const plan::Reading& now, const plan::Plan& plan) override;

    [[nodiscard]] std::vector<topology::Placed> assigned_now(const topology::Snapshot& seen) const;
    void tell_what_is_said() const;
    [[nodiscard]] attach::Ways ways_now() const;
    [[nodiscard]] std::optional<plan::ControllersKnown> controllers_now() const;
    void know_whom_places_are_for();
    std::optional<Drift> read_registers_now();
    /// Null while no mux is on the bus.
    [[nodiscard]] const topology::PciController* mux_controller() const;
    /// What is known from now on of the registers of the mux.
    void hold(const topology::RegisterLook& look);
    void follow_mux();
    [[nodiscard]] bool has_slept_since_last_reading();
    [[nodiscard]] std::chrono::milliseconds asleep() const;
    void tell_that_it_is_locked_out() const;
    struct Waiting {
        plan::Request request;
        apply::Signature signature;
        Then then;
        std::optional<plan::Plan> decided = {};
    };
    void begin(Waiting wish);
    void over(Carried carried);
    void begin_next();

    const observe::KernelTree& tree_;
    linux_::JournalFile& journal_;
    OpenRegisters open_;
    Calls calls_;
    config::Settings settings_;
    bool gives_devices_ =
        false; ///< by these settings, or by earlier ones that gave to a guest which is still there
    bool moves_controllers_ = false;
    std::optional<plan::ControllersKnown> controllers_; ///< as of when the change under way was planned
    /// How devices were handed over when the change under way was planned.
    attach::Ways ways_;
    std::shared_ptr<const topology::Snapshot> snapshot_ = std::make_shared<const topology::Snapshot>();
    std::optional<PciAddress> mux_;
    std::unique_ptr<apply::RouteRegisters> registers_;
    bool registers_failed_ = false;
    std::optional<chips::RouteBits> known_; ///< last read or written
    std::optional<Drift> drift_;
    std::chrono::milliseconds asleep_; ///< as of the last reading of the registers
    bool has_a_new_driver_ = false;    ///< the mux, since then
    bool astray_ = false;
    bool is_start_awaited_ = false;
    std::optional<topology::Claims> claims_;
    std::deque<Waiting> waiting_;
    // Of the change under way:
    std::optional<linux_::JournalFile::Lock> lock_;
    Then then_;
    bool restores_all_ = false;
    bool follows_later_ = false; ///< there was a look meanwhile
    apply::Conductor conductor_{*this, journal_};
};

} // namespace usbroute::daemon
