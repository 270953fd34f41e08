// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/resolve.hpp"

namespace usbroute::plan {

/// The last change taken back; a refusal where anything of it is no longer as it was left.
[[nodiscard]] std::expected<Resolved, Refusal> resolve_undo(const Situation& situation, const Board& board);

/// Unlike an undo it does not ask where the wires are now: whoever began the trial was promised the way back. So it may
/// take the host's last keyboard; what is refused for one socket keeps that one alone.
[[nodiscard]] std::expected<Resolved, Refusal> resolve_revert(const RevertRequest& request,
                                                              const Situation& situation, const Board& board);

/// A change that was interrupted, taken back with the guards of a move, by socket.
[[nodiscard]] std::expected<Resolved, Refusal>
resolve_recovery(const RecoverRequest& request, const Situation& situation, const Board& board);

/// Brings back what somebody else has moved, by socket and with the guards of a move. The host's last keyboard goes where
/// the profile that had given it lets it; that a person said yes to it was for that moment.
[[nodiscard]] std::expected<Resolved, Refusal> resolve_restore(const Situation& situation,
                                                               const Board& board);

} // namespace usbroute::plan
