// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "topology/connector.hpp"

#include <string>
#include <variant>

namespace usbroute::plan {

/// Who drives the controller that a connector is routed to.
struct OwnedByHost {
    bool operator==(const OwnedByHost&) const = default;
};
struct OwnedByGuest {
    GuestName guest;
    bool operator==(const OwnedByGuest&) const = default;
};
/// Handed out by vfio-pci, and no guest of the configuration claims it.
struct OwnedByStranger {
    bool operator==(const OwnedByStranger&) const = default;
};
/// No driver at all or a stub, or no such controller on the bus: the socket is dead.
struct OwnedByNobody {
    bool operator==(const OwnedByNobody&) const = default;
};
/// The route could not be read.
struct OwnerUnknown {
    bool operator==(const OwnerUnknown&) const = default;
};
using Owner = std::variant<OwnedByHost, OwnedByGuest, OwnedByStranger, OwnedByNobody, OwnerUnknown>;

/// One word, as status prints it: "host", "windows", "unknown-guest", "nobody", "unknown".
[[nodiscard]] std::string text_of(const Owner& owner);
[[nodiscard]] bool is_host(const Owner& owner);

/// The guest of the configuration that is to have a controller; null: none is.
[[nodiscard]] const config::GuestSettings* claimant(const topology::PciController& controller,
                                                    const config::Settings& settings);

[[nodiscard]] Owner owner_of(const topology::PciController* controller, const config::Settings& settings);
/// Of a platform or virtual controller, which no guest can be given.
[[nodiscard]] Owner owner_of_off_pci(const topology::Controller& controller);
/// The owner of what is plugged into a connector that has this seat: whoever has the controller there, or is given the devices.
[[nodiscard]] Owner owner_at(const topology::Connector& connector, const topology::SeatId& seat,
                             const config::Settings& settings);
/// The owner of a connector now.
[[nodiscard]] Owner owner_now(const topology::Connector& connector, const config::Settings& settings);

/// The seat that is the host's own: of a socket of the mux the xHCI, unless the configuration or vfio-pci gave that to a
/// guest; then the EHCI. Nothing where the host drives neither (docs/decisions/0004).
[[nodiscard]] std::optional<topology::SeatId> home_seat(const topology::Connector& connector,
                                                        const config::Settings& settings);

/// Has been handed over by vfio-pci, which is what a guest's QEMU opens.
[[nodiscard]] bool is_given_to_guest(const topology::Controller& controller);

} // namespace usbroute::plan
