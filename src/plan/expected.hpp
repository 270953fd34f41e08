// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/board.hpp"
#include "plan/refusal.hpp"
#include "topology/connector.hpp"
#include "topology/snapshot.hpp"

#include <optional>

/// `expect` of a connector: what alone may leave the host from there, by any means.
namespace usbroute::plan {

/// Whether a device that is in a connector may leave: it is what is expected there, or nothing is; or what is expected is the hub
/// that is plugged in there, with whatever is behind it. Hubs themselves are looked through.
[[nodiscard]] bool is_expected(const topology::Snapshot& snapshot, const topology::Connector& connector,
                               const topology::Device& device);

/// The first device in a connector, without those that are connectors of their own, that must not leave; null: none.
[[nodiscard]] const topology::Device* unexpected_in(const topology::Snapshot& snapshot, const Board& board,
                                                    const topology::Connector& connector);

/// What to do about it.
[[nodiscard]] Refusal not_expected(const topology::Connector& connector, const topology::Device& device);

} // namespace usbroute::plan
