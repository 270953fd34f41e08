// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "route/mux.hpp"
#include "topology/snapshot.hpp"

#include <optional>
#include <string>
#include <vector>

namespace usbroute::import_ {

/// A socket of this machine that a place belongs to: its bit in the mux, with a port of a hub in it; or its halves.
struct Spot {
    std::optional<chips::MuxBit> bit;
    std::vector<std::uint8_t> behind; ///< with `bit`: ports of the hubs in it
    /// A SuperSpeed port of the mux's xHCI, of which nobody tells the socket: the kernel's guess by equal numbers is wrong on most of
    /// these boards (docs/decisions/0052).
    std::optional<chips::SuperSpeedPort> unpaired;
    std::vector<topology::UsbPlace> places;  ///< without: USB 2 first
    std::optional<topology::UsbPlace> added; ///< the half among them that nobody told, but the kernel
    std::string added_by;                    ///< "firmware says"

    [[nodiscard]] bool is_same(const Spot& other) const;
};

/// Finds the sockets of places, and what the present configuration calls them.
class Spots {
public:
    Spots(const topology::Snapshot& snapshot, const config::Settings& settings);

    [[nodiscard]] Spot of(const topology::UsbPlace& place) const;
    [[nodiscard]] const std::optional<route::Mux>& mux() const { return mux_; }
    /// As the present configuration has it; null: it does not.
    [[nodiscard]] const config::ConnectorSettings* known(const Spot& spot) const;
    /// The connector of a socket; of what is behind the mux that of the whole socket.
    [[nodiscard]] config::ConnectorSettings connector(const Spot& spot) const;

private:
    const topology::Snapshot& snapshot_;
    const config::Settings& settings_;
    std::optional<route::Mux> mux_;
};

} // namespace usbroute::import_
