// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "chips/registers.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace usbroute::chips {

/// How far a fact of the table can be trusted.
enum class Trust : std::uint8_t {
    confirmed, ///< Two or more independent public sources agree.
    single,    ///< One public source.
    inferred,  ///< Follows from a rule; nobody was seen to check it on this family.
};

[[nodiscard]] std::string_view text_of(Trust trust);

/// Port of one of the chipset's EHCI controllers, as it is numbered on the rate matching hub.
struct EhciPort {
    std::uint8_t controller = 1; ///< 1 = EHCI #1 (00:1d.0), 2 = EHCI #2 (00:1a.0)
    std::uint8_t port = 1;       ///< from 1
    auto operator<=>(const EhciPort&) const = default;
};

/// One EHCI function of a chipset.
struct EhciFunction {
    std::uint16_t device_id = 0;
    std::uint8_t pci_device = 0; ///< on bus 0, function 0
    std::uint8_t ports = 0;      ///< of its rate matching hub
};

/// What one bit of XUSB2PR routes.
struct BitRoute {
    std::uint8_t bit = 0;
    std::uint8_t xhci_port = 0;   ///< HS port, from 1, as the kernel numbers the 480 Mbit/s root hub
    std::optional<EhciPort> ehci; ///< absent where the chipset's EHCI has no port for it
};

enum class WriteAccess : std::uint8_t { allowed, read_only };

/// How the fuse word 0xe0 counts ports.
enum class FuseLayout : std::uint8_t {
    unknown,
    series_7, ///< bits 1:0 = 0 or 1: 4 ports, 2: 2, 3: none (coreboot bd82x6x/acpi/usb.asl, POSC)
    series_8, ///< bits 2:1 = 0..3: 14, 12, 10, 8 USB 2 ports; bits 4:3 = 0..3: 6, 4, 2, 0 SuperSpeed
              ///< (coreboot lynxpoint/early_usb_native.c)
};

/// A row of the chip table: all that may be believed about one chipset family. docs/hardware/ has a page for
/// each row, with sources.
struct ChipFamily {
    std::string_view name;     ///< "9-series"
    std::string_view codename; ///< "Wildcat Point"
    std::uint16_t xhci_id = 0; ///< device id of the xHCI, vendor 8086
    std::span<const EhciFunction> ehcis;
    std::span<const BitRoute> routes; ///< ascending by bit
    std::uint32_t superspeed_bits = 0;
    std::optional<std::uint8_t> usb_r_bit; ///< the management engine's redirection port: never ours
    FuseLayout fuse_layout = FuseLayout::unknown;
    WriteAccess access = WriteAccess::read_only;
    Trust ids_trust = Trust::confirmed;
    Trust map_trust = Trust::confirmed;
    Trust width_trust = Trust::confirmed;
    std::string_view page; ///< file in docs/hardware/

    /// Bits of XUSB2PR that route a port; without USB-R.
    [[nodiscard]] std::uint32_t usb2_bits() const;
    [[nodiscard]] const BitRoute* route_of(MuxBit bit) const;
    [[nodiscard]] const BitRoute* route_of_xhci_port(std::uint8_t port) const;
    [[nodiscard]] std::uint8_t superspeed_ports() const;
};

inline constexpr std::uint16_t intel_vendor = 0x8086;

[[nodiscard]] std::span<const ChipFamily> chip_table();
/// The family whose xHCI this is, or null: then nothing is known and nothing may be written.
[[nodiscard]] const ChipFamily* family_of(std::uint16_t vendor, std::uint16_t device);

/// Port counts that the SKU's fuses leave.
struct FusedCounts {
    std::uint8_t usb2 = 0;
    std::uint8_t superspeed = 0;
};
[[nodiscard]] std::optional<FusedCounts> fused_counts(const ChipFamily& family, std::uint32_t fuse_word);
/// Bits of XUSB2PR whose ports the SKU lacks, by the order in which 8/9-series parts are cut down: HS13-14
/// first, then HS11-12, then HS9-10. Inferred from H81's list of ports (coreboot asrock/h81m-hds).
[[nodiscard]] std::uint32_t fused_off_bits(const ChipFamily& family, std::uint32_t fuse_word);

} // namespace usbroute::chips
