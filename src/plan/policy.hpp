// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/plan.hpp"
#include "plan/resolve.hpp"

#include <optional>

namespace usbroute::plan {

/// What must never happen, whoever asks. Each function is one invariant of the design and says "no" or nothing.

/// Invariants 1 and 2: only bits that firmware lets us move, and only towards a controller that is there.
[[nodiscard]] std::optional<Refusal> check_routes(const Situation& situation, const Board& board,
                                                  const Resolved& resolved, const Request& request);

/// Invariant 5: the host keeps a keyboard.
[[nodiscard]] std::optional<Refusal> check_keyboards(const Situation& situation, const Board& board,
                                                     const Plan& plan, const Resolved& resolved,
                                                     const Request& request);

/// The same for sockets of which nobody knows yet what is plugged in there (`Request::unseen_may_type`).
[[nodiscard]] std::optional<Refusal> check_unseen(const Situation& situation, const Plan& plan,
                                                  const Resolved& resolved, const Request& request);

/// Invariant 6: a disk that the host uses stays.
[[nodiscard]] std::optional<Refusal> check_disks(const Situation& situation, const Plan& plan,
                                                 const Request& request);

/// What is expected in a connector is there, or nothing is. What comes home to the host may be anything.
[[nodiscard]] std::optional<Refusal> check_expected(const Situation& situation, const Board& board,
                                                    const Plan& plan);

/// A guest takes back only what moved its own sockets alone.
[[nodiscard]] std::optional<Refusal> check_whose_change(const Situation& situation, const Board& board,
                                                        const Request& request);

/// Whether a guest asks for this while a trial is under way that is not wholly its own. Its undo is no new change.
[[nodiscard]] bool stays_out_of_trial(const Situation& situation, const Board& board, const Request& request);

/// Then the sockets of that trial that are not the guest's own stay as they are, and a change that is for nothing else, or
/// that asks for a trial in turn, is refused.
[[nodiscard]] std::optional<Refusal> leave_trial_alone(const Situation& situation, const Board& board,
                                                       const Request& request, Resolved& resolved);

/// Said by somebody who may, or there is a way back.
[[nodiscard]] bool keyboard_may_go(const Resolved& resolved, const Request& request);

/// Adds which parts of the host's use can make a difference to this plan, so that nobody looks at more.
void add_use_needed(const Situation& situation, Plan& plan);

/// What is left to type on when a keyboard goes, and what is in use and goes along, or is cut off for a moment: no reason
/// to refuse.
[[nodiscard]] std::vector<std::string> loss_warnings(const Situation& situation, const Plan& plan);

} // namespace usbroute::plan
