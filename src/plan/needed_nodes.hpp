// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "plan/board.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <vector>

namespace usbroute::plan {

/// The nodes that the daemon has to open on one bus of a controller, so that it can give what is in its connectors to guests:
/// the root hub, and these.
struct NeededNodes {
    using Ports = std::vector<std::uint8_t>; ///< from the root hub on

    PciAddress controller;
    bool superspeed = false;               ///< of an xHCI's two buses the one for SuperSpeed
    std::vector<Ports> hubs;               ///< those on the way, where there are hubs
    std::vector<Ports> places;             ///< whatever is there, and everything below it
    std::vector<ConnectorName> connectors; ///< for which
    bool operator==(const NeededNodes&) const = default;
};

/// By controller, USB 2 first; in order. Empty: there is nothing to give, because no guest has a monitor, or the mux reaches
/// all sockets.
[[nodiscard]] std::vector<NeededNodes> needed_nodes(const Board& board);

/// A device that is there, or a root hub.
struct NumberedPath {
    topology::PortPath path;
    std::uint8_t number = 0;
    bool operator==(const NumberedPath&) const = default;
};
/// Those of them that are there now, in order.
[[nodiscard]] std::vector<NumberedPath> those_there(const NeededNodes& needed,
                                                    const topology::Snapshot& snapshot);

} // namespace usbroute::plan
