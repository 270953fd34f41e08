// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/hid_report.hpp"
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
    bool moves_pointer =
        false; ///< it has both axes of a mouse (REL_X and REL_Y) or of a pad (ABS_X and ABS_Y)
    /// EV_LED with Num, Caps or Scroll Lock, which nearly every real keyboard has. Nothing: not known.
    std::optional<bool> has_lights = {};
};

/// What tells whether somebody's keyboard is behind a PS/2 port.
struct Ps2Facts {
    std::optional<std::uint32_t> chassis; ///< SMBIOS, 7.4.1: 3 desktop, 10 notebook; nothing: not told
    bool has_battery = false;             ///< a system's, not a device's
    bool has_lid = false;
    std::optional<std::uint64_t> interrupts; ///< of its line since the machine started; nothing: not told
};

/// What the HID interfaces of a USB device are for.
struct HidReports {
    PortPath usb;
    std::vector<HidUsage> applications;
};

struct Inputs {
    std::vector<InputDevice> devices;
    /// Bluetooth adapters by the USB device they are; nothing for one that is not on USB.
    std::vector<std::optional<PortPath>> adapters;
    std::vector<PortPath> pointers = {};  ///< USB devices with an input device that moves a pointer
    std::vector<HidReports> reports = {}; ///< of the USB devices that have every key
    std::optional<Ps2Facts> ps2 = {};     ///< where a keyboard is on PS/2
    bool management_controller = false;   ///< the machine has one (IPMI)
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
    /// The same, without "USB", which is the usual.
    [[nodiscard]] std::string shown() const;
    bool operator==(const Keyboard&) const = default;
};

/// Everything with keys, those that count first. Without `inputs` (they could not be looked at: an older recording) each
/// boot keyboard of USB counts, and nothing is known of the others.
[[nodiscard]] std::vector<Keyboard> keyboards(const Snapshot& snapshot, const std::optional<Inputs>& inputs);

/// What would be left to type with when some of these go.
struct KeyboardLoss {
    std::vector<Keyboard> going;     ///< that count, or may
    std::vector<Keyboard> uncounted; ///< that stay or go, and never count
    std::vector<Keyboard> staying;   ///< sure ones
    std::vector<Keyboard> doubtful;  ///< that stay, and are no promise

    [[nodiscard]] bool is_total() const { return staying.empty() && !going.empty(); }
    /// "left to type on: Logitech USB Keyboard (046d:c31c)", "left to type on: only doubtful ones: PS/2 port (nothing is
    /// known to be plugged in)", "left to type on: nothing".
    [[nodiscard]] std::string left() const;
};

/// `leaving`: the places that the host loses, with everything at and below them, in no order.
[[nodiscard]] KeyboardLoss loss_of(const std::vector<Keyboard>& keyboards,
                                   const std::vector<PortPath>& leaving);
/// The same where something else says whether what is at a place goes.
[[nodiscard]] KeyboardLoss loss_of(const std::vector<Keyboard>& keyboards,
                                   const std::function<bool(const PortPath&)>& goes);

/// "Power Button (only a power or sleep button), ...": a few of them in words, and how many more there are.
[[nodiscard]] std::string list_of(const std::vector<Keyboard>& keyboards);
/// The same, each as `Keyboard::shown` says it.
[[nodiscard]] std::string short_list_of(const std::vector<Keyboard>& keyboards);

} // namespace usbroute::topology
