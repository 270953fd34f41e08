// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/connector.hpp"
#include "topology/snapshot.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::map {

/// What a device that has just been plugged in tells of the socket it is in.
struct Sighting {
    std::shared_ptr<const topology::Device> device;
    /// Where its USB 2 half was seen; absent where only the SuperSpeed half was, or where the controller has no
    /// PCI address and so no name that lasts.
    std::optional<topology::UsbPlace> usb2;
    std::optional<topology::UsbPlace> superspeed;

    // On a board with the mux, for a socket of its own:
    std::optional<topology::Side> side; ///< who has the USB 2 wires
    std::optional<chips::MuxBit> bit;   ///< by the chip's table
    std::optional<chips::SuperSpeedPort> superspeed_port;

    bool built_in = false; ///< firmware calls the port hardwired, or the kernel the device fixed
    bool receiver =
        false; ///< of a wireless keyboard or mouse, by its interfaces and its name: it stays where it is
    std::string hub; ///< the hub it is behind, which was there before; empty: none

    [[nodiscard]] bool has_a_lasting_name() const { return usb2 || superspeed; }
};

/// The sockets into which something was plugged between two looks. Of a hub and what hangs on it only the hub
/// counts. A hub with both halves, the only kind of device that connects with both at once (USB 3.2, 10.1), is one
/// sighting.
[[nodiscard]] std::vector<Sighting> sightings(const topology::Snapshot& before,
                                              const topology::Snapshot& now);

/// The same for what is plugged in now, for sockets into which nothing can be plugged again: built-in devices.
[[nodiscard]] std::vector<Sighting> sightings(const topology::Snapshot& now);

/// The other half of the same hub, which came later.
[[nodiscard]] bool belong_together(const Sighting& one, const Sighting& other);

/// A hub that nobody can plug in elsewhere: Intel's rate matching hub, and what is soldered.
[[nodiscard]] bool is_part_of_the_board(const topology::Snapshot& snapshot, const topology::Device& hub);

/// Which bit's socket has this SuperSpeed half, by what the kernel says of its ports.
struct Pairing {
    chips::MuxBit bit;
    bool by_firmware = false; ///< false: the kernel guessed, from equal numbers
};
[[nodiscard]] std::optional<Pairing> pairing_of(const topology::Snapshot& snapshot,
                                                chips::SuperSpeedPort port);

/// "SanDisk Ultra Fit (0781:5583), 480 Mbit/s, on xHCI port 5: bit 8, on the EHCI side port #2.1"
[[nodiscard]] std::string text_of(const Sighting& sighting, const topology::Snapshot& snapshot);

} // namespace usbroute::map
