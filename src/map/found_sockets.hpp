// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "route/mux.hpp"
#include "topology/connector.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::map {

/// Why a port is taken for a socket that a person can reach.
enum class FoundBy : std::uint8_t {
    firmware, ///< it calls the port one into which something can be plugged (ACPI, _UPC and _PLD)
    device,   ///< firmware says nothing of the port, and something is plugged in there that can be pulled out
};

/// A socket that has no name yet, with a name for it.
struct FoundSocket {
    topology::ConnectorSpec spec;
    FoundBy by = FoundBy::firmware;
    topology::UsbPlace usb2; ///< the port whose socket it is
    std::vector<std::string> devices =
        {}; ///< what is in it now, safe to print; hubs without what is behind them
    /// The SuperSpeed half that the kernel only guesses, and that `spec` does not have.
    std::optional<topology::UsbPlace> guessed = {};
};

/// On which panel firmware has a port, by the port: "front", "back", "left", "right", "top", "bottom".
using Panels = std::map<topology::PortPath, std::string>;

/// The sockets that can be told apart from ports without one, and that none of `named` has: on a board with a mux that moves
/// something those of the mux, else those of each controller that the host drives. Their names are "rear-1" and the like where
/// firmware says on which panel they are, else "port-1".
[[nodiscard]] std::vector<FoundSocket> found_sockets(const topology::Snapshot& snapshot,
                                                     const std::vector<topology::ConnectorSpec>& named,
                                                     const Panels& panels);

/// Whether a bit of it can move, and has an EHCI on the bus to go to. Where the registers could not be read, it may.
[[nodiscard]] bool moves_something(const route::Mux& mux);

} // namespace usbroute::map
