// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/connector.hpp"
#include "topology/snapshot.hpp"
#include "topology/usb_place.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The two halves of a socket that no mux reaches: its USB 2 wires end at one port of a controller, its SuperSpeed wires at another.
namespace usbroute::topology {

/// What the kernel says of the port at a place; null: nothing.
[[nodiscard]] const HubPort* port_at(const Snapshot& snapshot, const PortPath& place);

/// What the kernel says is the other half of the socket in which a place is (`peer`).
struct OtherHalf {
    UsbPlace place;
    bool by_firmware =
        false; ///< false: it guessed, from equal numbers (drivers/usb/core/port.c, find_and_link_peer)

    /// Whose word it is, before "that ...": "firmware says".
    [[nodiscard]] std::string_view said() const;
};
/// Nothing: it says none, or the port there has no socket.
[[nodiscard]] std::optional<OtherHalf> other_half_of(const Snapshot& snapshot, const UsbPlace& place);

/// That half of a socket which a connector does not name although the socket has it.
struct UnknownHalf {
    bool superspeed = false;       ///< which of the two
    std::optional<OtherHalf> told; ///< what the kernel says it is

    /// "SuperSpeed half", "USB 2 half"
    [[nodiscard]] std::string_view name() const;
    /// Which devices a move of the connector leaves behind: "a USB 3 device".
    [[nodiscard]] std::string_view left_behind() const;
    /// The remedy: "plug a USB 3 stick".
    [[nodiscard]] std::string_view what_to_plug() const;
};
/// Nothing where both halves are known, where the socket is the mux's or a port of a hub, and where the socket has only one: a USB 2 port
/// for which the kernel has no other half, or whose other half belongs to another one of `all`.
[[nodiscard]] std::optional<UnknownHalf> unknown_half(const Snapshot& snapshot, const ConnectorSpec& spec,
                                                      const std::vector<ConnectorSpec>& all);

/// One half is named and the other is not; not of the mux, nor of a hub. Whether the socket has another half is not asked.
[[nodiscard]] bool names_one_half(const ConnectorSpec& spec);
/// Of a speed among what a configuration says of a connector.
[[nodiscard]] bool names_half(const ConnectorSpec& spec, bool superspeed);
/// In the form that outlives renumbered buses, "00:01.2/00.0 5", where the way to the controller is known and longer than the
/// address; else as it is.
[[nodiscard]] ToldPlace lasting_form(const Snapshot& snapshot, const UsbPlace& place);

} // namespace usbroute::topology
