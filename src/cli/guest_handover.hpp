// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/backend.hpp"
#include "cli/guest_look.hpp"
#include "cli/guest_verbs.hpp"
#include "plan/handover.hpp"

#include <chrono>
#include <functional>
#include <string_view>
#include <vector>

/// What the verbs of `usbroute guest` that hand controllers over have in common.
namespace usbroute::cli {

using Decide = std::function<plan::HandoverOutcome(const plan::HandoverSituation&)>;

/// For a write, for controllers at boot, and for a guest that is to let go. Tearing a tree of disks down takes seconds; an EHCI
/// without any, 0.1.
[[nodiscard]] std::chrono::milliseconds patience_of(const Options& options);

[[nodiscard]] plan::HandoverOutcome decide(const GuestCall& call, const Decide& decision);
/// Decides again until something else than one of these refusals comes out, or patience runs out.
[[nodiscard]] plan::HandoverOutcome decide_until(const GuestCall& call, const Decide& decision,
                                                 const std::vector<plan::Reason>& passing);
/// A refusal is an error.
[[nodiscard]] Result<plan::Handover> handover_in(plan::HandoverOutcome outcome);

/// A user who can write the first file can write them all: they are root's.
[[nodiscard]] Result<void> check_rights(const GuestCall& call, const plan::Handover& handover);

/// Moves the connectors out of the way by an ordinary request, and waits until the host sees what is in them again.
[[nodiscard]] Result<plan::Handover> step_aside(const GuestCall& call, const plan::Handover& handover,
                                                const Decide& without_moves);

/// What carries a plan out, on top of what binds drivers.
using OnDrivers = std::function<std::unique_ptr<apply::Backend>(apply::Backend& drivers)>;
/// The lock keeps another such command, and a change of routes, from working on the same controllers. `on_drivers` may be empty.
[[nodiscard]] Result<void> carry_out(const GuestCall& call, const plan::Handover& handover,
                                     const OnDrivers& on_drivers = {});

// What is printed at the end; each returns the exit code.
[[nodiscard]] int show_handover(const Options& options, const plan::Handover& handover);
[[nodiscard]] int say_done(const Options& options, const plan::Handover& handover, std::string_view done);

} // namespace usbroute::cli
