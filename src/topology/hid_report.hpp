// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace usbroute::topology {

/// What a HID interface is for: usage page in the upper 16 bits, usage in the lower.
using HidUsage = std::uint32_t;

// HID Usage Tables 1.5; Usage Tables for HID Power Devices 1.1, table 1; FIDO CTAP 2.1, 11.2.8.
inline constexpr HidUsage hid_ups = 0x00840004;
inline constexpr HidUsage hid_power_supply = 0x00840005;
inline constexpr std::uint16_t hid_page_barcode_scanner = 0x8c;
inline constexpr std::uint16_t hid_page_magnetic_stripe = 0x8e;
inline constexpr std::uint16_t hid_page_fido = 0xf1d0;

[[nodiscard]] constexpr std::uint16_t page_of(HidUsage usage)
{
    return static_cast<std::uint16_t>(usage >> 16);
}

/// The usages of the outermost application collections of a report descriptor (HID 1.11, 6.2.2), each once. What is cut
/// off or no descriptor gives those that came before; never more than 64.
[[nodiscard]] std::vector<HidUsage> application_usages(std::string_view descriptor);

} // namespace usbroute::topology
