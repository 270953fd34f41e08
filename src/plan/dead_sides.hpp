// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "topology/connector.hpp"

#include <optional>
#include <string>
#include <vector>

/// Sides on which a socket would be of no use to anybody. The one source of it for status, doctor, guest show and plans.
namespace usbroute::plan {

enum class Death : std::uint8_t {
    no_driver,      ///< nothing drives the controller, or only a stub
    not_authorized, ///< the kernel was told not to use the root hub or a hub on the way
};

struct DeadSide {
    Death why = Death::no_driver;
    std::string sentence; ///< "pci-stub holds EHCI 0000:00:1d.0, so nobody has it"
    std::string remedy;
    std::string evidence; ///< "/sys/bus/pci/devices/0000:00:1d.0/driver: pci-stub"
};

/// Nothing: host or guest has it.
[[nodiscard]] std::optional<DeadSide> why_dead(const topology::Snapshot& snapshot,
                                               const topology::PciController& controller,
                                               const config::Settings& settings);
/// The same for one socket there, with the hubs in front of it. Nothing also where the controller is not on the bus.
[[nodiscard]] std::optional<DeadSide> why_dead(const topology::Snapshot& snapshot,
                                               const topology::Connector& connector,
                                               const topology::SeatId& seat,
                                               const config::Settings& settings);

/// What keeps a device that arrives at a living controller of the host from being used at once: a controller that is
/// asleep, and a bus whose new devices wait to be authorized.
struct Caution {
    bool is_sleep = false;
    std::string sentence;
    std::string remedy;
    std::string evidence;
};
[[nodiscard]] std::vector<Caution> cautions(const topology::Controller& controller);
/// Whether the host uses what arrives there: it drives the controller, and its new devices are authorized.
[[nodiscard]] bool host_would_use(const topology::Controller* controller);

} // namespace usbroute::plan
