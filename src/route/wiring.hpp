// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "route/mux.hpp"
#include "topology/connector.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace usbroute::route {

/// What the data sheet says of this connector's bit; null: there is no mux, it has no bit, or the chip lacks that bit.
[[nodiscard]] const chips::BitRoute* wiring_of(const std::optional<Mux>& mux,
                                               const topology::ConnectorSpec& spec);

/// The connector, with its seats and where it is. Many connectors share the mux.
[[nodiscard]] topology::Connector look_at(const topology::Snapshot& snapshot, const std::optional<Mux>& mux,
                                          const topology::ConnectorSpec& spec);
/// The same for one connector alone.
[[nodiscard]] topology::Connector look_at(const topology::Snapshot& snapshot,
                                          const topology::ConnectorSpec& spec);

/// Names for the movable sockets that nobody has named yet: "bit0", "bit5", ... one for each bit of the chip
/// that no spec in `named` claims.
[[nodiscard]] std::vector<topology::ConnectorSpec>
unnamed_connectors(const chips::ChipFamily& family, const std::vector<topology::ConnectorSpec>& named);
/// The bit in a name of that kind; nothing for other names.
[[nodiscard]] std::optional<chips::MuxBit> bit_of_unnamed(std::string_view name);

} // namespace usbroute::route
