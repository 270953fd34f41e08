// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/side.hpp"
#include "topology/snapshot.hpp"

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace usbroute::topology {

/// The one seat of a connector that nothing moves: with the controller that its port belongs to.
struct OwnController {
    bool operator==(const OwnController&) const = default;
};

/// Names a seat of a connector: a side of the mux, or its own controller.
using SeatId = std::variant<OwnController, Side>;

[[nodiscard]] std::string_view text_of(const SeatId& id);

/// Where the devices in a connector can be, and whose controller has them there. A socket of the mux has two.
struct Seat {
    SeatId id;
    const PciController* controller = nullptr; ///< null: absent from the bus, or hidden
    std::vector<PortPath> places = {};         ///< where it appears there, as far as the host's buses show it
};

} // namespace usbroute::topology
