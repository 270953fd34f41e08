// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "chips/registers.hpp"
#include "topology/usb_place.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace usbroute::topology {

/// What is moved, under a name that outlives its connector's: a socket's bit in XUSB2PR, its SuperSpeed port, a whole
/// controller, half a socket that no mux reaches, a socket of a hub, a single device. It lasts at least until the next boot.
using Key = std::variant<chips::MuxBit, chips::SuperSpeedPort, PciAddress, UsbPlace, HubPlace, DeviceKey>;

/// "bit3", "ss2", "0000:00:1d.0", "0000:00:14.0/2.1", "desk/2", "046d:c31c+0815".
[[nodiscard]] std::string text_of(const Key& key);
/// Of a socket that no mux reaches, of half of one, or of a single device: what is there is given one by one.
[[nodiscard]] bool is_of_a_place(const Key& key);
[[nodiscard]] std::optional<Key> key_from(std::string_view text);

/// Where a key is, as its means calls it: "xhci" and "ehci" of a bit, "on" and "off" of a SuperSpeed port, the
/// driver of a controller; of a place "host", a guest's name, or "none".
using Word = std::string;

/// A key and the word that it has or is to have.
struct Placed {
    Key key;
    Word word;
    bool operator==(const Placed&) const = default;
};

} // namespace usbroute::topology
