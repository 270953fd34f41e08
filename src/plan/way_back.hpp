// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/resolve.hpp"

namespace usbroute::plan {

/// The last change taken back; a refusal where anything of it is no longer as it was left.
[[nodiscard]] std::expected<Resolved, Refusal> resolve_undo(const Situation& situation, const Board& board);

/// Unlike an undo it does not ask where the wires are now: whoever began the trial was promised the way back.
[[nodiscard]] std::expected<Resolved, Refusal> resolve_revert(const RevertRequest& request,
                                                              const Situation& situation, const Board& board);

/// Brings back what somebody else has moved. The wires were there by somebody's leave, so no keyboard is taken anew;
/// a disk that the host has mounted meanwhile still stays.
[[nodiscard]] std::expected<Resolved, Refusal> resolve_restore(const Situation& situation,
                                                               const Board& board);

} // namespace usbroute::plan
