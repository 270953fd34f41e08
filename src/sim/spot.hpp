// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "sim/machine.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace usbroute::sim {

/// Where a person plugs something in: a socket, or a port of a hub that is there.
struct Spot {
    std::size_t socket = 0; ///< of the board
    std::vector<std::uint8_t>
        ports; ///< at the hubs on the way, the last one being the port itself; empty: the socket
    bool is_superspeed = false; ///< of the SuperSpeed half of a hub
};

/// Reads what a person typed: a socket or a connector ("rear-5"), a place as sysfs calls it ("3-7", "3-7.2"), one by its
/// controller ("0000:00:14.0/7.2"), or a port of what is in a socket or has a name ("rear-5.2", "hub.2").
[[nodiscard]] Result<Spot> spot_of(Machine& machine, std::string_view text);
/// What is plugged in there; null: nothing is.
[[nodiscard]] Plug* plug_at(Machine& machine, const Spot& spot);
/// The hub that has the port; or why nothing can be plugged into it. `text` is what the person typed.
[[nodiscard]] Result<Plug*> hub_for(Machine& machine, const Spot& spot, std::string_view text);

} // namespace usbroute::sim
