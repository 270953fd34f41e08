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

namespace usbroute::sim {

/// One hole of the simulated case. The chip table says which EHCI and xHCI port its bit routes.
struct Socket {
    std::string_view name;
    chips::MuxBit bit;
    std::optional<chips::SuperSpeedPort> superspeed;
    std::string_view panel;
    std::uint8_t row = 0; ///< on the panel, from 1; 0: not on a panel
    std::uint8_t column = 0;
    std::string_view at_start; ///< kind of device; empty: nothing is plugged in
};

/// One PCI function of the board.
struct PciFunction {
    PciAddress address;
    std::uint16_t vendor = 0;
    std::uint16_t device = 0;
    std::uint16_t subsystem_vendor = 0;
    std::uint16_t subsystem_device = 0;
    std::uint32_t class_code = 0; ///< 24 bits
    std::uint8_t revision = 0;
    std::string_view driver; ///< that the kernel chooses for it
    std::uint32_t iommu_group = 0;
    std::uint8_t interrupt = 0;
    std::uint32_t memory = 0; ///< of its first window; 0: none
};

/// ASRock Z97E-ITX/ac: fourteen sockets, six of them with a SuperSpeed half. Which bits are on the back
/// panel follows coreboot's asrock/z97e-itx_ac, read in the order of the routing bits. Which hole has which
/// number and which SuperSpeed port is a guess.
[[nodiscard]] std::span<const Socket> sockets();
[[nodiscard]] const Socket* socket_named(std::string_view name);
[[nodiscard]] std::vector<std::string> socket_names();

/// In the order of their addresses.
[[nodiscard]] std::span<const PciFunction> pci_functions();
[[nodiscard]] const PciFunction* function_at(const PciAddress& address);
/// The function that holds the routing registers, and its row in the chip table.
[[nodiscard]] const PciFunction& xhci_function();
[[nodiscard]] const chips::ChipFamily& chip();
/// EHCI #1 or #2, as the chip table counts.
[[nodiscard]] const PciFunction& ehci_function(std::uint8_t number);
/// "xHCI", "EHCI #1"; empty for functions that do not drive USB.
[[nodiscard]] std::string_view controller_name(const PciAddress& address);

/// The 256 bytes of a function's configuration space after boot. Only the xHCI's are like a real dump (a
/// MacBookPro12,1 of the same family); the others have the header and an empty capability list.
[[nodiscard]] std::string config_space(const PciFunction& function);

/// Register `offset` in a configuration space.
[[nodiscard]] std::uint32_t read_register(std::string_view config, std::uint16_t offset);
void write_register(std::string& config, std::uint16_t offset, std::uint32_t value);
/// Registers in which two spaces differ.
[[nodiscard]] std::vector<std::uint16_t> differing_registers(std::string_view one, std::string_view other);

} // namespace usbroute::sim
