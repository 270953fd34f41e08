// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <compare>
#include <cstdint>

namespace usbroute::chips {

/// Intel's USB port routing, in the xHCI function's configuration space. Names in the comments are the data
/// sheet's; offsets as in Linux drivers/usb/host/pci-quirks.c and coreboot's lynxpoint/pch.h.
///
/// Valid only for the xHCI ids of the chip table. In any other xHCI these bytes are something else: in QEMU's
/// they lie inside the PCI Express capability.
namespace route_reg {
inline constexpr std::uint16_t usb2_owner = 0xd0;         // XUSB2PR: 1 = xHCI, 0 = EHCI
inline constexpr std::uint16_t usb2_movable = 0xd4;       // XUSB2PRM: bits above that we may change
inline constexpr std::uint16_t superspeed_on = 0xd8;      // USB3_PSSEN: 1 = SuperSpeed terminations on
inline constexpr std::uint16_t superspeed_movable = 0xdc; // USB3PRM: same, for the line above
inline constexpr std::uint16_t fuses = 0xe0;              // port counts of the SKU; unnamed in public sources
inline constexpr std::uint16_t usb2_disabled = 0xe4;      // USB2PDO: 1 = port dead on either side
inline constexpr std::uint16_t superspeed_disabled = 0xe8; // USB3PDO: same for SuperSpeed
} // namespace route_reg

/// The two registers that a move writes.
enum class RouteRegister : std::uint8_t {
    usb2_owner,    ///< XUSB2PR
    superspeed_on, ///< USB3_PSSEN
};

[[nodiscard]] constexpr std::uint16_t offset_of(RouteRegister which)
{
    return which == RouteRegister::usb2_owner ? route_reg::usb2_owner : route_reg::superspeed_on;
}

[[nodiscard]] constexpr const char* data_sheet_name(RouteRegister which)
{
    return which == RouteRegister::usb2_owner ? "XUSB2PR" : "USB3_PSSEN";
}

/// Index of a bit in XUSB2PR, 0 to 31. Which bits exist is the chip table's business.
struct MuxBit {
    std::uint8_t value = 0;
    [[nodiscard]] std::uint32_t mask() const { return std::uint32_t{1} << value; }
    auto operator<=>(const chips::MuxBit&) const = default;
};

/// Number of a SuperSpeed port on an xHCI, from 1, in xHCI order; its USB3_PSSEN bit is one less.
struct SuperSpeedPort {
    std::uint8_t value = 1;
    [[nodiscard]] std::uint32_t mask() const { return std::uint32_t{1} << (value - 1); }
    auto operator<=>(const chips::SuperSpeedPort&) const = default;
};

/// What one look found in 0xd0 to 0xeb.
struct RouteBits {
    std::uint32_t usb2_owner = 0;
    std::uint32_t usb2_movable = 0;
    std::uint32_t superspeed_on = 0;
    std::uint32_t superspeed_movable = 0;
    std::uint32_t fuses = 0;
    std::uint32_t usb2_disabled = 0;
    std::uint32_t superspeed_disabled = 0;

    [[nodiscard]] std::uint32_t value_of(RouteRegister which) const
    {
        return which == RouteRegister::usb2_owner ? usb2_owner : superspeed_on;
    }
    bool operator==(const RouteBits&) const = default;
};

} // namespace usbroute::chips
