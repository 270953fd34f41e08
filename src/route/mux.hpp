// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/not_null.hpp"
#include "chips/chips.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <optional>
#include <vector>

/// The means that is built into Intel's 7-, 8-, 9-series and X99 chipsets: wires that move between two controllers.
namespace usbroute::route {

/// The mux of a machine: the xHCI that holds the registers and the EHCIs on the other side.
/// Points into the snapshot it was found in.
struct Mux {
    NotNull<const topology::PciController> xhci;
    NotNull<const chips::ChipFamily> family;
    std::vector<const topology::PciController*>
        ehcis;                              ///< as in the chip table; null where firmware hides one
    const chips::RouteBits* bits = nullptr; ///< null: could not be read

    [[nodiscard]] const topology::PciController* ehci(std::uint8_t number) const;
    /// Bits of XUSB2PR that both the chip and firmware let us change. 0 while the registers are unreadable.
    [[nodiscard]] std::uint32_t movable_bits() const;
    [[nodiscard]] std::uint32_t movable_superspeed_bits() const;
};

/// The mux, if the machine has one that the chip table knows. EHCIs are found by id: addresses alone are other
/// devices on other chipsets.
[[nodiscard]] std::optional<Mux> find_mux(const topology::Snapshot& snapshot);

/// Whether sockets of this EHCI are ports of Intel's rate matching hub, which is on its first root port. Taken for
/// granted where its buses cannot be seen.
[[nodiscard]] bool has_rate_matching_hub(const topology::Controller& ehci);
/// Whether this is such a hub: a part of the chipset, which nobody has plugged in.
[[nodiscard]] bool is_rate_matching_hub(const Mux& mux, const topology::Device& device);

} // namespace usbroute::route
