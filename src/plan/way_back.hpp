// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/resolve.hpp"

namespace usbroute::plan {

/// The last change taken back; a refusal if any part of it is no longer as it was left.
[[nodiscard]] std::expected<Resolved, Refusal> resolve_undo(const Situation& situation, const Board& board);

/// Unlike an undo it does not ask where the wires are now: whoever began the trial was promised the way back. So it may
/// take the host's last keyboard; a refusal for one socket holds back only that socket.
[[nodiscard]] std::expected<Resolved, Refusal> resolve_revert(const RevertRequest& request,
                                                              const Situation& situation, const Board& board);

/// A change that was interrupted, taken back with the guards of a move, by socket.
[[nodiscard]] std::expected<Resolved, Refusal>
resolve_recovery(const RecoverRequest& request, const Situation& situation, const Board& board);

/// Brings back what somebody else has moved, by socket and with the guards of a move. The host's last keyboard goes where
/// the profile that had given it lets it; a person's yes was only for that moment.
[[nodiscard]] std::expected<Resolved, Refusal> resolve_restore(const Situation& situation,
                                                               const Board& board);

} // namespace usbroute::plan
