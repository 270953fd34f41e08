// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/board.hpp"
#include "plan/plan.hpp"

namespace usbroute::plan {

/// What is due at one place of the sockets that no mux reaches, with the guards that hold where nobody asks: the host's last
/// keyboard, and disks in use. What they keep with the host is in `Plan::kept`. Never a refusal.
[[nodiscard]] Plan make_following_plan(const Situation& situation, const Board& board,
                                       const FollowRequest& request);

} // namespace usbroute::plan
