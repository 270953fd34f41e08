// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "plan/change.hpp"
#include "plan/refusal.hpp"
#include "route/mux.hpp"
#include "topology/connector.hpp"
#include "topology/named_hub.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::plan {

/// A single device that is for somebody of its own, whomever its socket is for.
struct ApartDevice {
    topology::Connector
        connector; ///< named by the device's place, "3-2.1", or by its key where it is not plugged in
    std::optional<topology::PortPath>
        place;                    ///< nothing: it is not plugged in, and somebody has said whom it is for
    std::optional<RuleName> rule; ///< that says so; nothing: somebody has moved it by its name
    std::optional<ConnectorName> socket;    ///< in which it is
    std::vector<config::Target> asked = {}; ///< who is to have it is an open question between these
};

/// All connectors as one snapshot shows them, and the mux between them. Built once for a decision.
struct Board {
    std::optional<route::Mux> mux;
    std::vector<topology::Connector> connectors; ///< configured ones first, then the unnamed sockets
    std::size_t configured = 0;                  ///< how many of them are configured
    std::vector<topology::NamedHub> hubs = {};   ///< those that have a name
    std::vector<ApartDevice> apart = {};         ///< devices that do not go with their socket, by path

    [[nodiscard]] const topology::Connector* find(const ConnectorName& name) const;
    /// The connector in which something at this place is, on whatever seat that place is: of those that contain it the nearest,
    /// for a socket of a hub lies within the socket in which the hub is. Null: none is known.
    [[nodiscard]] const topology::Connector* connector_of(const topology::PortPath& place) const;
    /// Connectors and devices that are apart.
    [[nodiscard]] std::vector<const topology::Connector*> all() const;
    /// The device there, if it is for somebody of its own.
    [[nodiscard]] const ApartDevice* apart_at(const topology::PortPath& place) const;
};

/// The places of a connector whose devices are given, but for those that are connectors of their own or have a device that is apart:
/// where it has a hub in which a port is such a one, these are the other ports.
[[nodiscard]] std::vector<topology::PortPath>
own_places(const topology::Snapshot& snapshot, const Board& board, const topology::Connector& connector);

/// The guests to which single devices can be given.
[[nodiscard]] std::vector<GuestName> takers_of(const config::Settings& settings);

[[nodiscard]] Board look_at_board(const topology::Snapshot& snapshot, const config::Settings& settings);

/// By which means a connector is moved.
enum class Means : std::uint8_t {
    none,   ///< only with its controller, or with the connector that it is behind
    route,  ///< the mux moves its wires
    attach, ///< its devices are given to a guest, one by one
    assign, ///< its whole controller goes to a guest that runs
};
/// "none", "route", "attach", "assign"
[[nodiscard]] std::string_view text_of(Means means);
[[nodiscard]] Means means_of(const topology::Connector& connector);

/// Invariant 1: the mux, if its registers may be written at all.
[[nodiscard]] std::optional<Refusal> why_not_writable(const topology::Snapshot& snapshot, const Board& board);

/// Why a connector cannot be moved by its means, whoever asks and wherever it is to go. Nothing: it can.
[[nodiscard]] std::optional<Refusal> why_not_by_its_means(const topology::Snapshot& snapshot,
                                                          const Board& board,
                                                          const topology::Connector& connector);

/// Why a socket stays where it is, in a few words for a table; empty: it can be moved. Of one socket's own obstacles; who
/// asks to move it is told more, and what the guards say.
[[nodiscard]] std::string why_not_movable(const topology::Snapshot& snapshot, const Board& board,
                                          const topology::Connector& connector);

/// Whether a change has moved the connector of this name.
[[nodiscard]] bool moves(const Change& change, const Board& board, const ConnectorName& name);

} // namespace usbroute::plan
