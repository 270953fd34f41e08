// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "assign/in_guest.hpp"
#include "assign/rebinding.hpp"
#include "attach/actions.hpp"
#include "attach/due.hpp"
#include "base/ids.hpp"
#include "chips/registers.hpp"
#include "plan/change.hpp"
#include "plan/controllers_known.hpp"
#include "plan/ownership.hpp"
#include "plan/refusal.hpp"
#include "plan/request.hpp"
#include "route/words.hpp"
#include "topology/host_use.hpp"
#include "topology/seat.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace usbroute::plan {

/// One thing that is done to the machine: a closed set, one alternative for each means and way of touching.
using Action =
    std::variant<route::WriteRegister, assign::Rebind, assign::PutBack, assign::PlugIn, assign::TakeOut,
                 attach::Take, attach::ReleasePort, attach::BringHome, attach::WakeHub, attach::ClaimPort,
                 attach::Park, attach::AddController, attach::Give>;
/// What is seen of the machine where its means touch it, of each means that was looked at. Comparable: a plan is made for
/// one.
struct Reading {
    std::optional<chips::RouteBits> routes = {};
    std::optional<assign::Bindings> bindings = {};
    std::optional<attach::Seen> devices = {};
    std::optional<assign::InGuest> in_guest = {}; ///< whole controllers of a guest that runs
    bool operator==(const Reading&) const = default;
};

/// The shell command that does the same as an action, for people and for recovery.
[[nodiscard]] std::string shell_line(const Action& action);
/// Whether a reading shows that it is done, or was never needed.
[[nodiscard]] bool is_done(const Action& action, const Reading& reading);
/// What a reading shows in its place, one sentence; to be asked of what is not done.
[[nodiscard]] std::string why_undone(const Action& action, const Reading& reading);
/// What becomes of an action that has not ended in time, one clause: what it still waits for.
[[nodiscard]] std::string what_it_waits_for(const Action& action);
/// Whether a reading shows a key at that word.
[[nodiscard]] bool is_at(const topology::Placed& placed, const Reading& reading);

struct Step {
    Action action;
    std::optional<Action> inverse; ///< what takes it back; nothing: it cannot be taken back
    std::string reason;
    bool operator==(const Step&) const = default;
};

/// One connector that changes hands, or at least its controller.
struct Movement {
    ConnectorName connector;
    topology::SeatId from;
    topology::SeatId to;
    Owner owner_before;
    Owner owner_after;
    std::vector<topology::PortPath> places =
        {}; ///< ports whose wires go; everything at and below them leaves
    std::vector<topology::PortPath> leaving =
        {}; ///< the devices seen there, hubs first: for words, not for guards
    /// To a guest from which somebody could bring it home at once (plan/call_back.hpp). Asked only where it matters.
    bool can_come_back = false;
    bool keyboard_may_go = false;        ///< the host's last one too: somebody has said so before
    std::optional<bool> superspeed = {}; ///< its SuperSpeed half is switched on or off
    bool host_would_use = true;          ///< false: where it goes, new devices wait to be authorized

    /// Whether what is at this place leaves, seen by the look or not.
    [[nodiscard]] bool takes(const topology::PortPath& place) const;
};

/// A socket that the wish is for, and why it cannot go now.
struct Stay {
    ConnectorName connector;
    Refusal why;
    bool operator==(const Stay&) const = default;
};

/// A device that stays with the host though its socket is for a guest: it is guarded.
struct Kept {
    attach::HostDevice device;
    Refusal why;
    bool operator==(const Kept&) const = default;
};

/// Ordered actions with reasons. Valid for one snapshot and one reading only.
struct Plan {
    std::string title;                      ///< "move front-left to windows"
    std::optional<ProfileName> profile;     ///< the profile that holds afterwards
    Reading made_for;                       ///< as read when the plan was made
    std::vector<Step> steps;                ///< empty: nothing is to be done to the machine
    std::vector<topology::Placed> expected; ///< what must be true afterwards, whoever looks
    std::vector<Movement> movements;
    std::vector<ConnectorName> already; ///< were where they should be
    std::vector<std::string> warnings;
    std::vector<std::pair<ConnectorName, config::Target>> asked; ///< for the answer: what went where
    Change change;
    Change whole;                  ///< all that was asked for, also what was right already
    topology::UseParts use_needed; ///< of the host's use: what this plan depends on
    /// A guest asks, and the trial under way is not wholly its own (`Situation::trial`).
    bool stays_out_of_trial = false;
    std::vector<Stay> staying; ///< only where the wish goes by socket: the others do not wait for these
    /// Where the wish goes by socket: those that go, in the order in which they are tried one by one should one write for
    /// all fail. First what may bring the host a keyboard, last what takes something from the host.
    std::vector<ConnectorName> in_order;
    std::vector<Kept> kept; ///< of a FollowRequest
    /// Of a FollowRequest: where devices are that are about to be given; its steps are those of one place.
    std::vector<topology::PortPath> to_be_given;
    std::vector<attach::Waiting> waiting; ///< devices that are not with whom their socket is for, and why
    /// Of an answer that is to hold always: the rule that says so, without a name. Nobody writes it but whoever asked.
    std::optional<config::RuleSettings> lasting = {};

    /// False: everything is as wished already. A socket with nothing in it can be given to a guest without a step.
    [[nodiscard]] bool changes_something() const { return !steps.empty() || !change.is_empty(); }
};

using Outcome = std::variant<Plan, Refusal>;

/// All that a decision may look at.
struct Situation {
    const topology::Snapshot& snapshot;
    const config::Settings& settings;
    const topology::HostUse& use;
    std::optional<Change> last_change; ///< what `undo` would take back
    std::optional<Change> standing;    ///< what all changes since the machine started add up to
    /// Guests' lines that are open, have carried a command since they were opened, and may carry another one now: over
    /// these a keyboard can perhaps be called back.
    std::vector<config::ListenerSettings> lines = {};
    /// What the trial under way takes back. The change of a guest whose own it is not stays out of it: it ends with none of
    /// the others' sockets, and goes back with none.
    std::optional<Change> trial = {};
    attach::Seen attached = {};         ///< guests' QEMUs and claimed ports; its devices are the snapshot's
    attach::Remembered of_devices = {}; ///< failures, and what stays with the host
    /// Of controllers that go whole to guests that run; null: nobody here moves them.
    const ControllersKnown* controllers = nullptr;
};

/// Decides. Pure: the same situation and request give the same outcome, and nothing is touched.
[[nodiscard]] Outcome make_plan(const Situation& situation, const Request& request);

/// Which parts of the host's use an outcome depends on. Whoever plans may begin with none of them and, where this asks
/// for some, look at those and plan again.
[[nodiscard]] topology::UseParts use_needed(const Outcome& outcome);

/// The profile that was asked for last, if it holds; else the first of the round that does. Nothing when none does.
[[nodiscard]] std::optional<ProfileName> profile_in_force(const topology::Snapshot& snapshot,
                                                          const config::Settings& settings);

} // namespace usbroute::plan
