// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "plan/board.hpp"
#include "plan/change.hpp"
#include "plan/refusal.hpp"
#include "plan/request.hpp"

#include <optional>
#include <string>
#include <vector>

/// Who may do what through which listener. The daemon asks before it does what a client says, and the planner asks
/// whether a guest could call a socket back; both ask here.
namespace usbroute::plan {

/// Whether a profile gives this connector to the guest: such a socket is the guest's own.
[[nodiscard]] bool is_granted(const config::Settings& settings, const GuestName& guest,
                              const ConnectorName& connector);

/// Why this listener's rights do not cover a command, in one sentence. Nothing: they do.
///
/// A guest's line may name only what the configuration gives to that guest: connectors of its profiles, the host
/// or itself as target, profiles of the toggle round. It lifts no guard of the host's people. Any other listener lifts
/// those in its `may`; what `plan` shows needs the same right, so that no plan promises what would not be done.
[[nodiscard]] std::optional<std::string> why_not_allowed(const config::ListenerSettings& listener,
                                                         const config::Settings& settings, const Deed& deed);

/// Every socket of the change is the guest's own, and none of them could be with another guest. SuperSpeed halves count,
/// and so does a bit that belongs to no connector.
[[nodiscard]] bool is_wholly_of(const Change& change, const GuestName& guest, const Board& board,
                                const config::Settings& settings);

/// The guest may keep it, and its changes join it: wholly its own, and each socket comes from the guest or goes there.
[[nodiscard]] bool is_own_trial(const Change& way, const GuestName& guest, const Board& board,
                                const config::Settings& settings);

/// The trial under way.
struct TrialUnderWay {
    const Change& way;
    /// The listeners through which it was begun and added to. Empty: not known, an earlier daemon began it.
    const std::vector<ListenerName>& through;
};

/// Why this listener may not keep what is on trial, and so may not lengthen the trial either. Nothing: it may.
[[nodiscard]] std::optional<std::string> why_not_confirmed(const config::ListenerSettings& listener,
                                                           const TrialUnderWay& trial, const Board& board,
                                                           const config::Settings& settings);

/// The refusal with what can be done about it through this listener: a guard that it may not lift is not offered.
[[nodiscard]] Refusal as_told_to(const config::ListenerSettings& listener, Refusal refusal);

} // namespace usbroute::plan
