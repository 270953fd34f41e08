// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "assign/in_guest.hpp"
#include "config/settings.hpp"
#include "plan/change.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace usbroute::plan {

struct MoveRequest {
    std::vector<ConnectorName> connectors;
    config::Target to;
};
/// Says who is to have a device about which a rule asks; then it is a move of this device.
struct AnswerRequest {
    /// As a person names it: its place, ids, name, or the connector that it is in. Nothing: the only one about which a question is open.
    std::optional<ConnectorName> device;
    config::Target to;
    bool always = false; ///< whoever asks wants to have the rule that says so from now on
};
struct ApplyRequest {
    ProfileName profile;
};
/// Goes to the next of `profiles`; none named: the configured round.
struct ToggleRequest {
    std::vector<ProfileName> profiles;
};
/// Takes the last change back.
struct UndoRequest {};
/// Brings back what somebody else has moved: sleep, a driver that was loaded again, another program.
struct RestoreRequest {};
/// Every connector that a guest owns goes to the host: the guest is gone.
struct ReturnRequest {
    GuestName guest;
};

/// Makes a profile hold after a boot, for all sockets that nobody has asked for since.
struct StartRequest {
    ProfileName profile;
};

/// Takes back all that was changed in a trial, wherever the wires are now.
struct RevertRequest {
    Change way; ///< from before the trial to where it left the wires
    /// Not at the moment for which the way back was promised: that it may take the host's last keyboard held then.
    bool is_late = false;
};

/// Takes back a change whose maker was killed in the middle of it.
struct RecoverRequest {
    Change open;
};

/// Gives the devices of one socket that no mux reaches to whom the socket is for, or brings them home: one was plugged in, a
/// guest has come or gone. Whom sockets are for stays as it is. One place at a time, so that a device that fails holds back none
/// of the others.
struct FollowRequest {
    std::vector<topology::PortPath> leave =
        {}; ///< places that are not to be touched: what was tried there has failed
    std::vector<PciAddress> leave_controllers = {}; ///< the same of whole controllers
    /// Decided as if every guest ran and had room: what it would get is what the guards do not keep. Never carried out.
    bool as_if_guests_run = false;
};

using Wish =
    std::variant<MoveRequest, AnswerRequest, ApplyRequest, ToggleRequest, UndoRequest, RestoreRequest,
                 StartRequest, ReturnRequest, RevertRequest, RecoverRequest, FollowRequest>;

[[nodiscard]] ChangeKind kind_of(const Wish& wish);

/// Nobody asks at this moment: each socket goes by itself as far as the guards let it, and the others do not wait for
/// the one that stays (docs/decisions/0032).
[[nodiscard]] bool goes_by_socket(const Wish& wish);

/// What somebody wants. `yes` lifts the guards that protect the person (the last keyboard, a side without a
/// driver), never those that protect the hardware; a disk in use is lifted only by its own name.
struct Request {
    Wish wish;
    bool yes = false;
    std::vector<std::string> force_disks; ///< "sdb"
    /// A trial: unless somebody confirms it within this time, the change is taken back. Zero: no trial, also where one
    /// would be begun unasked. Nothing: not said.
    std::optional<std::chrono::seconds> revert_after = std::nullopt;
    /// Of all that the wish is for, these alone; empty: all of it. For a wish that goes by socket.
    std::vector<ConnectorName> only = {};
    /// The sockets came to the host just now: one in which nothing is seen may hold a keyboard that the kernel has not found
    /// yet.
    bool unseen_may_type = false;
    /// The SuperSpeed halves stay as they are: their register did not take what was written.
    bool wires_alone = false;

    /// Who asks may say yes. Only then does a trial, too, let the last keyboard go: an hour without it, or half a minute
    /// again and again, is as good as for ever.
    bool may_say_yes = true;
    std::optional<GuestName> guest = std::nullopt; ///< whose line it came over; nothing: of the host's people

    [[nodiscard]] bool is_trial() const { return revert_after && *revert_after > std::chrono::seconds{0}; }
};

/// What somebody asks for, over a line or on the command line.
struct Deed {
    config::Verb verb = config::Verb::status;
    std::optional<Request> request = {};         ///< of what changes something, and of what `plan` is to plan
    std::vector<ConnectorName> about = {};       ///< why: one
    std::optional<assign::Ask> controllers = {}; ///< of assign
};

/// The request as a person would say it: "move front-left to windows".
[[nodiscard]] std::string text_of(const Wish& wish);

} // namespace usbroute::plan
