// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/due.hpp"
#include "attach/seen.hpp"
#include "plan/board.hpp"
#include "plan/plan.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Between a plan and the devices of sockets that no mux reaches.
namespace usbroute::plan {

/// The devices as the snapshot has them, with what is known of guests and claims.
[[nodiscard]] attach::Seen seen_for(const Situation& situation);

/// Whom the devices of each such socket are for, once this plan is carried out.
/// A guest that does not run has nothing, whomever the sockets are for: `when_off` says whose they are meanwhile.
[[nodiscard]] std::vector<attach::Assignment> assignments_after(const Plan& plan, const Situation& situation,
                                                                const Board& board);

/// An action as a step, with what takes it back and the reason in words.
[[nodiscard]] Step step_for(const attach::Action& action, const attach::Seen& seen,
                            const Situation& situation);
/// Where an action is done.
[[nodiscard]] topology::PortPath place_of(const attach::Action& action);
/// Of a step by another means: nowhere.
[[nodiscard]] topology::PortPath place_of_step(const Step& step);

/// Whether what is given at a place that is meant goes to a port of the controller that this action adds.
[[nodiscard]] bool brings_a_port(const attach::Action& action, const std::vector<attach::Action>& all,
                                 const std::function<bool(const topology::PortPath&)>& is_meant);

/// A clause, with what a person adds to the domain. `kind`: "USB 2", "USB"
[[nodiscard]] std::string no_port_in(const attach::Domain& domain, std::string_view kind);

/// "Logitech USB Keyboard (046d:c31c) stays where it is: another program has it".
[[nodiscard]] std::string in_words(const attach::Waiting& waiting, const topology::Snapshot& snapshot);

/// What a person should know who gives a socket to a guest that does not run; nothing: it runs, or it is no guest.
[[nodiscard]] std::optional<std::string> said_of_a_guest_that_is_off(const Movement& movement,
                                                                     const Situation& situation);

/// Adds the steps that bring what is in the sockets of this plan to whom it says, and what a person should know of those that
/// cannot go there now.
void add_giving(Plan& plan, const Situation& situation, const Board& board);

} // namespace usbroute::plan
