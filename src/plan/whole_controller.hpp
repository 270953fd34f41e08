// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "plan/board.hpp"
#include "plan/ownership.hpp"
#include "plan/refusal.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Sockets that no mux reaches, and that are a guest's because their whole controller is.
namespace usbroute::plan {

/// Who has the whole controller of such a socket; nothing: the host, or nobody.
[[nodiscard]] std::optional<Owner> owner_of_whole(const topology::Connector& connector,
                                                  const config::Settings& settings);

/// Why it cannot go there alone: its controller is another's, or it is this guest's only with its controller. The remedy is the
/// command for all of it, and names what else goes with it.
[[nodiscard]] std::optional<Refusal> why_only_whole(const topology::Connector& connector,
                                                    const config::Target& target,
                                                    const config::Settings& settings, const Board& board);

/// The verb of `usbroute guest` that gives this guest its controllers: "assign" while it runs, "bind" before it starts.
[[nodiscard]] std::string_view verb_to_give(const config::GuestSettings& guest);

/// What the machine of a guest with bind = "running" must have had when it was started, one sentence; empty: nothing, or it has no
/// controllers.
[[nodiscard]] std::string root_ports_needed(const config::GuestSettings& guest);

} // namespace usbroute::plan
