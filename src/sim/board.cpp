// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/board.hpp"

#include "base/check.hpp"
#include "chips/registers.hpp"

#include <algorithm>
#include <array>

namespace usbroute::sim {

namespace {

constexpr std::array<Socket, 14> table{{
    {"rear-1", {2}, std::nullopt, "rear", 1, 1, "keyboard"},
    {"rear-2", {3}, std::nullopt, "rear", 2, 1, "mouse"},
    {"rear-3", {8}, chips::SuperSpeedPort{3}, "rear", 1, 2, ""},
    {"rear-4", {9}, chips::SuperSpeedPort{4}, "rear", 2, 2, "disk"},
    {"rear-5", {10}, chips::SuperSpeedPort{5}, "rear", 1, 3, "hub"},
    {"rear-6", {11}, chips::SuperSpeedPort{6}, "rear", 2, 3, ""},
    {"front-1", {0}, chips::SuperSpeedPort{1}, "front", 1, 1, "headset"},
    {"front-2", {1}, chips::SuperSpeedPort{2}, "front", 1, 2, ""},
    {"internal-1", {4}, std::nullopt, "internal", 0, 0, ""},
    {"internal-2", {5}, std::nullopt, "internal", 0, 0, ""},
    {"internal-3", {6}, std::nullopt, "internal", 0, 0, ""},
    {"internal-4", {7}, std::nullopt, "internal", 0, 0, ""},
    {"internal-5", {12}, std::nullopt, "internal", 0, 0, ""},
    {"internal-6", {13}, std::nullopt, "internal", 0, 0, ""},
}};

constexpr PciAddress on_bus_0(std::uint8_t device, std::uint8_t function = 0)
{
    return {.domain = 0, .bus = 0, .device = device, .function = function};
}

// Ids and groups of the USB functions: docs/hardware/9-series.md. The others are what such a board has.
constexpr std::array<PciFunction, 11> functions{{
    {on_bus_0(0x00), 0x8086, 0x0c00, 0x1849, 0x0c00, 0x060000, 0x06, "hsw_uncore", 0, 0, 0},
    {on_bus_0(0x02), 0x8086, 0x0412, 0x1849, 0x0412, 0x030000, 0x06, "i915", 2, 29, 0xf7400000},
    {on_bus_0(0x14), 0x8086, 0x8cb1, 0x1849, 0x8cb1, 0x0c0330, 0x00, "xhci_hcd", 4, 26, 0xf7a00000},
    {on_bus_0(0x16), 0x8086, 0x8cba, 0x1849, 0x8cba, 0x078000, 0x00, "mei_me", 5, 30, 0xf7a1e000},
    {on_bus_0(0x19), 0x8086, 0x15a1, 0x1849, 0x15a1, 0x020000, 0x00, "e1000e", 6, 28, 0xf7900000},
    {on_bus_0(0x1a), 0x8086, 0x8cad, 0x1849, 0x8cad, 0x0c0320, 0x00, "ehci-pci", 7, 16, 0xf7a1c000},
    {on_bus_0(0x1b), 0x8086, 0x8ca0, 0x1849, 0x1151, 0x040300, 0x00, "snd_hda_intel", 8, 32, 0xf7a10000},
    {on_bus_0(0x1d), 0x8086, 0x8ca6, 0x1849, 0x8ca6, 0x0c0320, 0x00, "ehci-pci", 9, 23, 0xf7a1b000},
    {on_bus_0(0x1f), 0x8086, 0x8cc4, 0x1849, 0x8cc4, 0x060100, 0x00, "lpc_ich", 10, 0, 0},
    {on_bus_0(0x1f, 2), 0x8086, 0x8c82, 0x1849, 0x8c82, 0x010601, 0x00, "ahci", 10, 27, 0xf7a1a000},
    {on_bus_0(0x1f, 3), 0x8086, 0x8ca2, 0x1849, 0x8ca2, 0x0c0500, 0x00, "i801_smbus", 10, 18, 0xf7a19000},
}};

void put(std::string& config, std::size_t at, std::initializer_list<unsigned> bytes)
{
    for (const unsigned byte : bytes) config[at++] = static_cast<char>(byte);
}

void put_16(std::string& config, std::size_t at, std::uint16_t value)
{
    put(config, at, {value & 0xffu, std::uint32_t{value} >> 8u});
}

} // namespace

std::span<const Socket> sockets() { return table; }

const Socket* socket_named(std::string_view name)
{
    const auto* found = std::ranges::find(table, name, &Socket::name);
    return found == table.end() ? nullptr : found;
}

std::vector<std::string> socket_names()
{
    std::vector<std::string> names;
    names.reserve(table.size());
    for (const auto& socket : table) names.emplace_back(socket.name);
    return names;
}

std::span<const PciFunction> pci_functions() { return functions; }

const PciFunction* function_at(const PciAddress& address)
{
    const auto* found = std::ranges::find(functions, address, &PciFunction::address);
    return found == functions.end() ? nullptr : found;
}

const PciFunction& xhci_function()
{
    const auto* found = std::ranges::find(functions, std::uint32_t{0x0c0330}, &PciFunction::class_code);
    USBROUTE_CHECK(found != functions.end());
    return *found;
}

const chips::ChipFamily& chip()
{
    const auto* family = chips::family_of(xhci_function().vendor, xhci_function().device);
    USBROUTE_CHECK(family != nullptr);
    return *family;
}

const PciFunction& ehci_function(std::uint8_t number)
{
    USBROUTE_CHECK(number >= 1 && number <= chip().ehcis.size());
    const auto* found =
        std::ranges::find(functions, chip().ehcis[number - 1u].device_id, &PciFunction::device);
    USBROUTE_CHECK(found != functions.end());
    return *found;
}

std::string_view controller_name(const PciAddress& address)
{
    if (address == xhci_function().address) return "xHCI";
    if (address == ehci_function(1).address) return "EHCI #1";
    if (address == ehci_function(2).address) return "EHCI #2";
    return {};
}

std::uint32_t read_register(std::string_view config, std::uint16_t offset)
{
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;)
        value = (value << 8u) |
                (offset + i < config.size() ? static_cast<unsigned char>(config[offset + i]) : 0xffu);
    return value;
}

void write_register(std::string& config, std::uint16_t offset, std::uint32_t value)
{
    for (std::size_t i = 0; i < 4 && offset + i < config.size(); ++i)
        config[offset + i] = static_cast<char>((value >> (8u * i)) & 0xffu);
}

std::vector<std::uint16_t> differing_registers(std::string_view one, std::string_view other)
{
    std::vector<std::uint16_t> offsets;
    for (unsigned at = 0; at < 256; at += 4) {
        const auto offset = static_cast<std::uint16_t>(at);
        if (read_register(one, offset) != read_register(other, offset)) offsets.push_back(offset);
    }
    return offsets;
}

std::string config_space(const PciFunction& function)
{
    std::string config(256, '\0');
    put_16(config, 0x00, function.vendor);
    put_16(config, 0x02, function.device);
    put(config, 0x04, {0x06, 0x04, 0x90, 0x02});
    put(config, 0x08,
        {function.revision, function.class_code & 0xffu, (function.class_code >> 8u) & 0xffu,
         function.class_code >> 16u});
    write_register(config, 0x10, function.memory);
    put_16(config, 0x2c, function.subsystem_vendor);
    put_16(config, 0x2e, function.subsystem_device);
    put(config, 0x3c, {function.interrupt, function.interrupt != 0 ? 1u : 0u});

    if (function.class_code == 0x0c0320) {
        // Power management, debug port, Advanced Features with function level reset.
        put(config, 0x34, {0x50});
        put(config, 0x50, {0x01, 0x58, 0xc2, 0xc9});
        put(config, 0x58, {0x0a, 0x98, 0xa0, 0x20});
        put(config, 0x98, {0x13, 0x00, 0x06, 0x03});
    }
    if (function.address == xhci_function().address) {
        namespace route_reg = chips::route_reg;
        put(config, 0x10, {0x04}); // a 64-bit window
        put(config, 0x34, {0x70});
        put(config, 0x40, {0xfd, 0x01, 0x36, 0x80, 0x89, 0xc6, 0x0f, 0x80});
        put(config, 0x60, {0x30, 0x20});
        put(config, 0x70, {0x01, 0x80, 0xc2, 0xc1, 0x08});
        put(config, 0x80, {0x05, 0x00, 0xb7, 0x00, 0x18, 0x04, 0xe0, 0xfe});
        // Linux leaves everything at the xHCI after boot, within the masks that firmware programmed.
        write_register(config, route_reg::usb2_owner, chip().usb2_bits());
        write_register(config, route_reg::usb2_movable, chip().usb2_bits());
        write_register(config, route_reg::superspeed_on, chip().superspeed_bits);
        write_register(config, route_reg::superspeed_movable, chip().superspeed_bits);
    }
    return config;
}

} // namespace usbroute::sim
