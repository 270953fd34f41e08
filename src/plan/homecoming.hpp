// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/resolve.hpp"

#include <expected>

namespace usbroute::plan {

/// Every connector that a guest has, towards the host, by socket: nobody is asked whether a guest may go, so what can come
/// home does.
[[nodiscard]] std::expected<Resolved, Refusal> resolve_return(const ReturnRequest& request,
                                                              const Situation& s, const Board& board);

} // namespace usbroute::plan
