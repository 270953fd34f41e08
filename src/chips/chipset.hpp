// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "chips/chips.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::chips {

/// One function of the PCI bus, of whatever kind: all of them together tell which chipset this is.
struct PciFunction {
    PciAddress address;
    std::uint16_t vendor = 0;
    std::uint16_t device = 0;
    std::uint32_t class_code = 0; ///< 24 bits, as in 0x0c0330
    std::string driver;           ///< empty: none
    std::optional<std::uint32_t> iommu_group;

    [[nodiscard]] bool is_usb_controller() const { return class_code >> 8 == 0x0c03; }
    [[nodiscard]] bool is_xhci() const { return class_code == 0x0c0330; }
    [[nodiscard]] bool is_ehci() const { return class_code == 0x0c0320; }
    /// "8086:8cb1"
    [[nodiscard]] std::string ids() const;
    bool operator==(const PciFunction&) const = default;
};

/// Which of the mux's two sides the machine shows. Whether a socket moves now is another question: registers,
/// kernel and firmware masks have a say, too.
enum class MuxState : std::uint8_t {
    ready,       ///< xHCI and at least one EHCI of a chipset with the mux are on the bus
    ehci_hidden, ///< the xHCI is there and firmware hides every EHCI ("Enabled")
    xhci_hidden, ///< the chipset has an xHCI and firmware hides it ("Disabled")
    no_mux,      ///< 100-series and later, AMD, a virtual machine, no USB at all
    too_old,     ///< EHCI only, and no xHCI in the chipset
};

/// "ready", "ehci-hidden", "xhci-hidden", "no-mux", "too-old"
[[nodiscard]] std::string_view text_of(MuxState state);

/// What the PCI bus says about the chipset.
struct Chipset {
    std::string name;                   ///< "9-series", "6-series", "AMD"; empty: not recognised
    const ChipFamily* family = nullptr; ///< the row of the chip table; null: no mux
    MuxState state = MuxState::no_mux;
    bool inferred = false; ///< no controller of the chipset says it: it follows from a rule
    std::string evidence;  ///< "EHCI 0000:00:1d.0 is 8086:8ca6"; empty: there was nothing to see
};

/// Add-in cards do not count: only Intel functions on bus 0 are the chipset's own, save those of the chip table,
/// which are found by their ids wherever they are.
[[nodiscard]] Chipset identify(std::span<const PciFunction> functions, bool inside_a_guest);

/// What shows that this machine is a guest itself, "0000:00:03.0 is 1af4:1000 (QEMU, KVM)"; empty: nothing does. `maker`
/// and `model` are the firmware's words (DMI).
[[nodiscard]] std::string signs_of_a_guest(std::span<const PciFunction> functions, std::string_view maker,
                                           std::string_view model);

} // namespace usbroute::chips
