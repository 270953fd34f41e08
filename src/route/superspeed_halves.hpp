// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "route/mux.hpp"
#include "topology/connector.hpp"
#include "topology/halves.hpp"

#include <optional>
#include <string>
#include <vector>

/// The SuperSpeed halves of sockets of the mux that nobody has told us of: a USB 3 device in such a one stays with the host.
namespace usbroute::route {

/// A USB 3 device in a SuperSpeed port of the mux's xHCI that none of the connectors has.
struct LooseSuperSpeed {
    NotNull<const topology::Device> device;
    chips::SuperSpeedPort port;

    /// "Samsung Portable SSD T5 (04e8:61f5) is in SuperSpeed port 3, which no connector has"
    [[nodiscard]] std::string text() const;
};
[[nodiscard]] std::vector<LooseSuperSpeed> loose_superspeed(const topology::Snapshot& snapshot,
                                                            const Mux& mux,
                                                            const std::vector<topology::ConnectorSpec>& all);

/// The half that a connector with a bit does not name although firmware says that its socket has it. Nothing also where the ports
/// were not read.
[[nodiscard]] std::optional<topology::UnknownHalf>
unknown_superspeed(const topology::Snapshot& snapshot, const std::optional<Mux>& mux,
                   const topology::ConnectorSpec& spec, const std::vector<topology::ConnectorSpec>& all);

} // namespace usbroute::route
