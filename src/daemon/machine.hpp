// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/executor.hpp"
#include "apply/registers.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "linux/journal_file.hpp"
#include "observe/kernel_tree.hpp"
#include "plan/plan.hpp"
#include "topology/snapshot.hpp"

#include <chrono>
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
    std::vector<std::shared_ptr<const topology::Device>> arrived;
    std::vector<std::shared_ptr<const topology::Device>> left;
    std::optional<Drift> drift;
    /// The snapshot of before: where a device that left had been.
    std::shared_ptr<const topology::Snapshot> before;
};

/// A change that was carried out and read back, or that had nothing to do.
struct Done {
    std::shared_ptr<const plan::Plan> plan;
    std::vector<std::string> warnings;
};
using NotDone = std::variant<plan::Refusal, Error>;
/// Another process holds the lock on changes: nothing was planned or touched, and in a moment it may be free.
[[nodiscard]] bool is_locked_out(const NotDone& why);

/// What is known of the machine, and the descriptors through which it is changed. Belongs to the loop's thread.
class Machine {
public:
    using OpenRegisters = std::function<Result<std::unique_ptr<apply::RouteRegisters>>(const PciAddress&)>;

    Machine(const observe::KernelTree& tree, linux_::JournalFile& journal, OpenRegisters open);

    void adopt(config::Settings settings);
    [[nodiscard]] const config::Settings& settings() const { return settings_; }
    [[nodiscard]] std::shared_ptr<const topology::Snapshot> snapshot() const { return snapshot_; }

    /// Who knows `plan::Situation::lines`; asked whenever something is decided.
    using Lines = std::function<std::vector<config::ListenerSettings>()>;
    void ask_for_lines(Lines lines) { lines_ = std::move(lines); }
    /// They may be others now.
    void lines_changed() { recalled_.clear(); }

    /// From now on the kernel is asked about disks before a plan that would take one along; `ask` begins to do so. Without
    /// it, on a recorded machine, the lists that anybody can read have to do.
    void ask_claims_by(std::function<void()> ask) { ask_claims_ = std::move(ask); }
    /// The kernel's answer; nothing: the last one is too old.
    void know_claims(std::optional<topology::Claims> claims) { claims_ = std::move(claims); }
    /// True: what comes of this request depends on the kernel's answer about disks, and it is being asked now. Whoever
    /// carries requests out by themselves begin with this, and try again when there is an answer.
    [[nodiscard]] bool awaits_claims(const plan::Request& request);
    /// The same for what looks at a connector from all sides.
    [[nodiscard]] bool awaits_claims();

    /// A new look becomes what is known.
    Findings take(topology::Snapshot fresh);
    /// Reads the routing registers through the open descriptor. Cheap: one pread.
    std::optional<Drift> read_registers();
    [[nodiscard]] topology::HostUse host_use() const;

    /// What the journal remembers.
    [[nodiscard]] apply::History history() const { return journal_.history(); }
    /// Plans; nothing is touched. The snapshot and the registers are fresh: the caller has seen to it.
    [[nodiscard]] plan::Outcome decide(const plan::Request& request) const;
    /// Plans and applies, under the lock that keeps direct commands out; never waits for it (`is_locked_out`). Plans again
    /// when somebody wrote the registers in between.
    [[nodiscard]] std::expected<Done, NotDone> carry_out(const plan::Request& request,
                                                         const apply::Signature& signature = {});

    /// Changes that go back unless confirmed; every change that is carried out meanwhile joins them, but for those
    /// of a guest whose own they are not.
    [[nodiscard]] const std::optional<apply::Trial>& trial() const { return trial_; }
    /// One that the journal tells of.
    void adopt_trial(apply::Trial trial) { trial_ = std::move(trial); }
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
    /// Is told when `carry_out` or `recover` found the lock held; to look again in a moment is up to it.
    void when_locked_out(std::function<void()> tell) { locked_out_ = std::move(tell); }
    /// Ends a change that an earlier daemon was killed in, as far as the guards let it. Nothing: there is none. The error
    /// has the code "busy" where another process holds the lock.
    [[nodiscard]] std::optional<Result<apply::Recovered>> recover();

private:
    /// What the planner may look at, beside the host's use.
    struct Past {
        std::optional<plan::Change> last;
        std::optional<plan::Change> standing;
        std::vector<config::ListenerSettings> lines;
        std::optional<plan::Change> trial;
    };
    [[nodiscard]] Past past_for(const plan::Request& request) const;
    [[nodiscard]] plan::Outcome outcome_of(const plan::Request& request, const Past& past,
                                           const topology::HostUse& use,
                                           const topology::Snapshot& snapshot) const;
    /// Null while no mux is on the bus.
    [[nodiscard]] topology::PciController* mux_controller();
    void follow_mux();
    [[nodiscard]] bool has_slept_since_last_reading();
    [[nodiscard]] bool reads_otherwise();
    void join_trial(const plan::Change& change, const apply::Signature& signature);

    [[nodiscard]] bool may_be_recalled(const plan::Request& request) const;
    [[nodiscard]] std::shared_ptr<const plan::Plan> recall(const plan::Request& request) const;

    using Planned = std::variant<std::shared_ptr<const plan::Plan>, plan::Refusal>;
    [[nodiscard]] std::vector<config::ListenerSettings> lines() const;
    [[nodiscard]] Planned decide_or_recall(const plan::Request& request);

    /// What `toggle` planned at some value of the registers. The planner is pure, so for the same snapshot and
    /// settings it would plan the same again; toggling to and fro is what people do all day.
    struct Recalled {
        chips::RouteBits at;
        std::vector<ProfileName> profiles;
        std::shared_ptr<const plan::Plan> plan;
    };

    const observe::KernelTree& tree_;
    linux_::JournalFile& journal_;
    OpenRegisters open_;
    std::function<void()> locked_out_ = [] {};
    config::Settings settings_;
    std::shared_ptr<topology::Snapshot> snapshot_ = std::make_shared<topology::Snapshot>();
    std::optional<PciAddress> mux_;
    std::unique_ptr<apply::RouteRegisters> registers_;
    bool registers_failed_ = false;
    std::optional<chips::RouteBits> known_; ///< last read or written
    std::optional<Drift> drift_;
    std::chrono::milliseconds asleep_; ///< as of the last reading of the registers
    bool has_a_new_driver_ = false;    ///< the mux, since then
    bool astray_ = false;
    bool is_start_awaited_ = false;
    Lines lines_;
    std::function<void()> ask_claims_; ///< empty: a recorded machine
    std::optional<topology::Claims> claims_;
    std::optional<apply::Trial> trial_;
    std::vector<Recalled> recalled_; ///< emptied with each look and each change of the settings
};

} // namespace usbroute::daemon
