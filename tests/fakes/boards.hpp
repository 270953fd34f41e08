// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "topology/host_use.hpp"
#include "topology/snapshot.hpp"

#include <string>
#include <string_view>

namespace usbroute::fakes {

/// A Z97 board as a value: both EHCIs and the xHCI driven by the host, all 14 sockets on xHCI, nothing plugged in.
/// Buses: 1 = EHCI #2, 2 = EHCI #1, 3 = xHCI at 480 Mbit/s, 4 = xHCI SuperSpeed.
[[nodiscard]] topology::Snapshot z97();

/// usbip's controller, vhci_hcd.0, with buses 5 and 6: it has no address.
void add_usbip(topology::Snapshot& snapshot);

/// Plugs something in.
topology::Device& plug(topology::Snapshot& snapshot, std::string_view place, std::string name);
void plug_keyboard(topology::Snapshot& snapshot, std::string_view place);
/// A flash disk with one partition, sdX and sdX1, numbers 8:0 and 8:1 for sda, 8:16 and 8:17 for sdb, ...
void plug_disk(topology::Snapshot& snapshot, std::string_view place, std::string disk);

[[nodiscard]] topology::PciController& controller(topology::Snapshot& snapshot, std::string_view address);
[[nodiscard]] chips::RouteBits& bits(topology::Snapshot& snapshot);

/// front (bit 0, SuperSpeed 1), keys (bit 2), rear (bit 9); guest windows with both EHCIs; profiles all-host, on-ehci
/// (keys on ehci) and desk (keys and rear to windows); the round is all-host, on-ehci.
[[nodiscard]] config::Settings settings();

/// A recorded machine of tests/machines/.
struct Machine {
    topology::Snapshot snapshot;
    config::Settings settings;
    topology::HostUse use;
};
[[nodiscard]] Machine recorded(const std::string& name);
/// Its directory, with a slash at the end.
[[nodiscard]] std::string machine_root(const std::string& name);

} // namespace usbroute::fakes
