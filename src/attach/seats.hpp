// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "topology/connector.hpp"
#include "topology/key.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace usbroute::attach {

/// Adds the seats of a connector that no mux reaches: with each guest that takes devices, and nobody's. It is at the one that
/// its places are assigned to; the host's, where that one is not there any more.
void add_seats(topology::Connector& connector, const topology::Snapshot& snapshot,
               const std::vector<GuestName>& guests);
/// The seat that somebody has said; nothing: nobody has said anything of this connector.
[[nodiscard]] std::optional<topology::SeatId> said_seat(const topology::Snapshot& snapshot,
                                                        const topology::ConnectorSpec& spec);
/// Whether the devices of a connector can be given to somebody.
[[nodiscard]] bool can_be_given(const topology::Connector& connector);

/// Whether a word is one that a place can have: "host", "none", a guest's name.
[[nodiscard]] bool is_word_of(const topology::Key& key, std::string_view word);

} // namespace usbroute::attach
