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

/// The host's seat of a connector that no mux reaches: with the controller that its port belongs to.
struct OwnController {
    bool operator==(const OwnController&) const = default;
};
/// Of such a connector: what is in it is nobody's, as if it were not plugged in.
struct Parked {
    bool operator==(const Parked&) const = default;
};

/// Names a seat of a connector: a side of the mux; or its own controller, a guest that is given what is plugged in there, and
/// nobody.
using SeatId = std::variant<OwnController, Side, GuestName, Parked>;

/// "host", "ehci", "xhci", "windows", "none": as a shift has it. Valid as long as the id.
[[nodiscard]] std::string_view text_of(const SeatId& id);
/// Of a connector that no mux reaches. Nothing: it is no plain name.
[[nodiscard]] std::optional<SeatId> seat_of_word(std::string_view word);

/// Where the devices in a connector can be, and whose controller has them there. A socket of the mux has two.
struct Seat {
    SeatId id;
    const PciController* controller = nullptr; ///< null: absent from the bus, or hidden
    std::vector<PortPath> places = {};         ///< where it appears there, as far as the host's buses show it
};

} // namespace usbroute::topology
