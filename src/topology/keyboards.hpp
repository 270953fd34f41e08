// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/snapshot.hpp"

#include <bitset>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::topology {

/// The keys of an input device, by code. Codes from 0x100 on (BTN_MISC) are the buttons of mice and pads and are left
/// out (include/uapi/linux/input-event-codes.h).
using Keys = std::bitset<0x100>;

/// Reads `capabilities/key` of sysfs: words in hexadecimal, the highest first. Words are taken for 64 bits wide; on a
/// kernel of 32 bits, codes from 32 on come out wrong, which changes what a device without letters is called and not
/// whether it has them. Anything else than such words gives no keys from there on.
[[nodiscard]] Keys parse_keys(std::string_view bitmap);

/// Whether one can log in with it: every key from KEY_ESC (1) to KEY_S (31), which is what udev's input_id asks of
/// ID_INPUT_KEYBOARD (systemd, src/udev/udev-builtin-input_id.c, test_key).
[[nodiscard]] bool can_type(const Keys& keys);

/// An input device of the kernel, sys/class/input/inputN. The name is the device's own and can hold anything.
struct InputDevice {
    std::string name;
    std::string syspath;         ///< without a leading slash and without links in it
    std::optional<PortPath> usb; ///< the USB device that it hangs below
    std::uint16_t bus = 0;       ///< BUS_USB 3, BUS_BLUETOOTH 5, BUS_I8042 0x11 (include/uapi/linux/input.h)
    Keys keys;                   ///< none where it sends no EV_KEY
    bool inhibited = false;      ///< somebody has switched it off
};

struct Inputs {
    std::vector<InputDevice> devices;
    /// Bluetooth adapters by the USB device they are; nothing for one that is not on USB.
    std::vector<std::optional<PortPath>> adapters;
};

/// Doubtful is for what cannot be told: taking it away may be a loss, and leaving it behind is no promise.
enum class Counts : std::uint8_t { yes, doubtful, no };

/// Something that may be a keyboard of the host, and what speaks for or against it.
struct Keyboard {
    std::string name;             ///< safe to print
    std::vector<PortPath> places; ///< the USB device it goes with; none: not on USB; several: one of these
    Counts counts = Counts::yes;
    std::string why; ///< "USB", "PS/2 or built in", "only a power or sleep button", ...

    /// "Power Button (only a power or sleep button)".
    [[nodiscard]] std::string with_reason() const;
    bool operator==(const Keyboard&) const = default;
};

/// Everything with keys, those that count first. Without `inputs` (they could not be looked at: an older recording) each
/// boot keyboard of USB counts, and nothing is known of the others.
[[nodiscard]] std::vector<Keyboard> keyboards(const Snapshot& snapshot, const std::optional<Inputs>& inputs);

/// What would be left to type with when some of these go.
struct KeyboardLoss {
    std::vector<Keyboard> going;     ///< that count, or may
    std::vector<Keyboard> uncounted; ///< that stay or go, and are no reason to be calm
    bool one_stays = false;

    [[nodiscard]] bool is_total() const { return !one_stays && !going.empty(); }
};

/// `leaving`: the places that the host loses, with everything at and below them, in no order.
[[nodiscard]] KeyboardLoss loss_of(const std::vector<Keyboard>& keyboards,
                                   const std::vector<PortPath>& leaving);
/// The same where something else says whether what is at a place goes.
[[nodiscard]] KeyboardLoss loss_of(const std::vector<Keyboard>& keyboards,
                                   const std::function<bool(const PortPath&)>& goes);

/// "Power Button (only a power or sleep button), ...": a few of them in words, and how many more there are.
[[nodiscard]] std::string list_of(const std::vector<Keyboard>& keyboards);

} // namespace usbroute::topology
