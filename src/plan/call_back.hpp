// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/plan.hpp"
#include "plan/resolve.hpp"

namespace usbroute::plan {

/// Whether somebody at a guest could bring a socket home, and what of the host's use that depends on.
struct CallBack {
    bool is_possible = false;
    topology::UseParts use_needed; ///< only of what can refuse it: disks and inputs
};

/// Whether one command that this guest's line may carry brings the connector to the host, planned on `situation`: the
/// machine as it would be after the socket has gone to the guest. Tried are `move`, `toggle` and `apply` of each profile of the
/// round, as far as the line's rights cover them, without lifting a guard and without a trial. A second command in a row is
/// never counted on, and `undo` is not: the next change of anybody would end it.
///
/// Whether anybody is there to give it is not asked here: see `Situation::lines`.
[[nodiscard]] CallBack can_call_back(const Situation& situation, const config::ListenerSettings& line,
                                     const ConnectorName& connector);

/// The machine as a plan leaves it: registers rewritten, and without the devices that leave. Where they appear again only
/// a look can tell, so that nothing is counted on that may not come.
[[nodiscard]] topology::Snapshot snapshot_after(const topology::Snapshot& before, const Plan& plan);
[[nodiscard]] topology::HostUse use_after(const topology::HostUse& before, const Plan& plan);

/// Marks the movements to guests that could be called back. Only those for which it can make a difference: with something
/// on it that may be a keyboard, and where nothing else lets the last keyboard go.
void mark_what_can_come_back(const Situation& situation, const Resolved& resolved, const Request& request,
                             Plan& plan);

} // namespace usbroute::plan
