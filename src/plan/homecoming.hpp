// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/resolve.hpp"

#include <expected>

namespace usbroute::plan {

/// Every connector that a guest has, towards the host. Nobody is asked whether a guest may go, so what can come home does,
/// and what cannot is a warning; a refusal only where nothing can.
[[nodiscard]] std::expected<Resolved, Refusal> resolve_return(const ReturnRequest& request,
                                                              const Situation& s, const Board& board);

} // namespace usbroute::plan
