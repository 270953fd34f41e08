// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/due.hpp"
#include "attach/seen.hpp"
#include "plan/board.hpp"
#include "plan/plan.hpp"

#include <vector>

/// Between a plan and the devices of sockets that no mux reaches.
namespace usbroute::plan {

/// The devices as the snapshot has them, with what is known of guests and claims.
[[nodiscard]] attach::Seen seen_for(const Situation& situation);

/// Whom the devices of each such socket are for, once this plan is carried out.
[[nodiscard]] std::vector<attach::Assignment> assignments_after(const Plan& plan, const Board& board);

/// Adds the steps that bring what is in the sockets of this plan to whom it says, and what a person should know of those that
/// cannot go there now.
void add_giving(Plan& plan, const Situation& situation, const Board& board);

} // namespace usbroute::plan
