// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/board.hpp"
#include "plan/rules.hpp"

#include <optional>
#include <vector>

/// What rules make of a board: sockets that are for somebody unasked, and devices that do not go with their socket.
namespace usbroute::plan {

/// A device with all that rules ask of it.
[[nodiscard]] RuledDevice ruled(const Board& board, const topology::Snapshot& snapshot,
                                const topology::Device& device);

/// Sockets of which nobody has said whom they are for, and a rule that names nothing else does.
void put_sockets_where_rules_say(Board& board, const topology::Snapshot& snapshot,
                                 const config::Settings& settings);

/// Whether any device could be: there is a rule, or something was said of a device. Else nobody has to look.
[[nodiscard]] bool may_have_devices_apart(const topology::Snapshot& snapshot,
                                          const config::Settings& settings);

/// Adds the devices that are for somebody of their own. `takers` are the guests to which single devices can be given.
void add_devices_apart(Board& board, const topology::Snapshot& snapshot, const config::Settings& settings,
                       const std::vector<GuestName>& takers);

/// A device as a connector of its own; at the seat where it is as long as nothing is said of it alone. Nothing: its controller is no
/// function of the PCI bus, or it is a hub.
[[nodiscard]] std::optional<ApartDevice> as_apart(const Board& board, const topology::Snapshot& snapshot,
                                                  const topology::Device& device,
                                                  const std::vector<GuestName>& takers);

} // namespace usbroute::plan
