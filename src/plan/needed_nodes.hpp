// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "plan/board.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <optional>
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
    /// One of these is named by the way to the controller, which its address does not outlive.
    std::optional<topology::PciWay> way = {};
    bool operator==(const NeededNodes&) const = default;
};

/// Those of a hub that has a name, wherever it is plugged in: the hub, and these.
struct NeededHub {
    using Ports = NeededNodes::Ports; ///< from this hub on

    topology::NamedHub hub;
    /// Of its SuperSpeed half, where that one is seen now; its id is not that of its USB 2 half.
    std::optional<UsbIds> superspeed_id;
    std::vector<Ports> hubs;               ///< those on the way, where there are hubs
    std::vector<Ports> places;             ///< whatever is there, and everything below it
    std::vector<ConnectorName> connectors; ///< for which
};

/// By controller, USB 2 first; in order. Empty: there is nothing to give, because no guest has a monitor, or the mux reaches
/// all sockets.
[[nodiscard]] std::vector<NeededNodes> needed_nodes(const Board& board);
/// In the order of the configuration. Not of those whose connectors go with a socket of the mux.
[[nodiscard]] std::vector<NeededHub> needed_hubs(const topology::Snapshot& snapshot, const Board& board);

/// A device that is there, or a root hub.
struct NumberedPath {
    topology::PortPath path;
    std::uint8_t number = 0;
    bool operator==(const NumberedPath&) const = default;
};
/// Those of them that are there now, in order.
[[nodiscard]] std::vector<NumberedPath> those_there(const NeededNodes& needed,
                                                    const topology::Snapshot& snapshot);
[[nodiscard]] std::vector<NumberedPath> those_there(const NeededHub& needed,
                                                    const topology::Snapshot& snapshot);

} // namespace usbroute::plan
