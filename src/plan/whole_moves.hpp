// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "plan/board.hpp"
#include "plan/plan.hpp"

#include <optional>
#include <vector>

/// Between a plan and whole controllers that moves bring to guests that run (`on_move` of `[guest.NAME]`).
namespace usbroute::plan {

/// Whether root has named this controller for moves to that guest.
[[nodiscard]] bool goes_on_move(const config::GuestSettings& guest, const PciAddress& controller);

/// The controllers that steps of a plan are about, each once.
[[nodiscard]] std::vector<PciAddress> controllers_in(const Plan& plan);

/// The seat with the guest to which the controller of a connector goes, if there is such a guest. Where nobody has said whom the
/// connector is for it is the host's.
void add_whole_seat(topology::Connector& connector, const topology::Snapshot& snapshot,
                    const config::Settings& settings);

/// The controller of a connector that goes with it; null: it does not go so.
[[nodiscard]] const topology::PciController* whole_controller_of(const topology::Connector& connector);

/// What of a movement leaves with the controller: also what is in no connector. `is_first`: of this controller's in the plan.
void leave_with_controller(Movement& movement, const Situation& situation, const Board& board,
                           const topology::Connector& connector, bool is_first);

/// Adds the steps of the controllers whose connectors this plan moves: out of guests before everything else, into them after it. A
/// refusal: only a part of a controller would move, or it cannot change hands.
[[nodiscard]] std::optional<Refusal> add_assigning(Plan& plan, const Situation& situation,
                                                   const Board& board);

/// What is due of controllers that are not where their connectors are for, with the guards that hold where nobody asks; of one
/// guest, in one direction. Without steps: nothing is, or what is stays, as `Plan::staying` says.
[[nodiscard]] Plan follow_controllers(const Situation& situation, const Board& board,
                                      const FollowRequest& request);

} // namespace usbroute::plan
