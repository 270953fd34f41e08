// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "map/sighting.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::map {

/// The port of a hub that somebody has plugged in, in which a device was seen: it goes with the hub wherever its cable goes.
struct HubSocket {
    std::optional<HubName> name; ///< of the hub, where the configuration has one for it
    std::optional<topology::PortPath>
        hub; ///< its USB 2 half, by which it is known; absent: nobody knows where that is
    std::vector<std::uint8_t> ports; ///< from the hub on
    std::string shown;               ///< "Genesys Logic USB2.1 Hub (05e3:0610)", safe to print

    /// "2", and "2.1" in a hub that is two in a row.
    [[nodiscard]] std::string port_text() const;
};

/// Nothing: the device is in a socket of the board, behind a hub that is a part of it, or goes with the wires of the mux.
[[nodiscard]] std::optional<HubSocket>
hub_socket_of(const topology::Snapshot& snapshot, const Sighting& sighting, const config::Settings& settings);

/// A hub without a name, as a configuration would have it; and what tells it from others of its model that are there.
struct HubToName {
    topology::HubSpec spec;                ///< by its id alone
    std::vector<std::string> others;       ///< where hubs of the same model are: "1-5"
    std::string serial;                    ///< empty: it has none, or another has the same
    std::optional<topology::ToldPlace> at; ///< where it is plugged in
};
[[nodiscard]] std::optional<HubToName> hub_to_name(const topology::Snapshot& snapshot,
                                                   const topology::PortPath& hub);

/// The connectors with the places by their way to a controller among those by its address.
[[nodiscard]] std::vector<topology::ConnectorSpec> located_specs(const topology::Snapshot& snapshot,
                                                                 const config::Settings& settings);

} // namespace usbroute::map
