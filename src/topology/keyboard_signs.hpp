// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/keyboards.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace usbroute::topology {

/// Where an input device says that it hangs (include/uapi/linux/input.h, BUS_USB and BUS_BLUETOOTH).
inline constexpr std::uint16_t bus_usb = 0x03;
inline constexpr std::uint16_t bus_bluetooth = 0x05;

/// What speaks against somebody's hands being on a thing that has every key.
struct Sign {
    Counts counts = Counts::doubtful;
    std::string_view why;
};

// Each gives the strongest sign, or nothing.

/// Of the input device itself, wherever it hangs.
[[nodiscard]] std::optional<Sign> sign_of(const InputDevice& input);
/// Of the USB device: ids of the few that are known, then what its interfaces, descriptors and neighbours show. `inputs`
/// may be null: they could not be looked at.
[[nodiscard]] std::optional<Sign> sign_of(const Device& device, const Snapshot& snapshot,
                                          const Inputs* inputs);
/// Of the words of a device's own name, the weakest: it can raise a doubt and never lifts one.
[[nodiscard]] std::optional<Sign> sign_of_name(const Device& device);
/// Of a PS/2 port, which has an input device on many boards whether something is plugged in or not.
[[nodiscard]] std::optional<Sign> sign_of(const Ps2Facts& facts);

} // namespace usbroute::topology
