// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/config_space.hpp"

namespace usbroute::sim {

using chips::RouteBits;
namespace route_reg = chips::route_reg;

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

RouteBits routes_in(std::string_view config)
{
    return {.usb2_owner = read_register(config, chips::route_reg::usb2_owner),
            .usb2_movable = read_register(config, chips::route_reg::usb2_movable),
            .superspeed_on = read_register(config, chips::route_reg::superspeed_on),
            .superspeed_movable = read_register(config, chips::route_reg::superspeed_movable),
            .fuses = read_register(config, chips::route_reg::fuses),
            .usb2_disabled = read_register(config, chips::route_reg::usb2_disabled),
            .superspeed_disabled = read_register(config, chips::route_reg::superspeed_disabled)};
}

void put_routes(std::string& config, const RouteBits& routes)
{
    write_register(config, chips::route_reg::usb2_owner, routes.usb2_owner);
    write_register(config, chips::route_reg::usb2_movable, routes.usb2_movable);
    write_register(config, chips::route_reg::superspeed_on, routes.superspeed_on);
    write_register(config, chips::route_reg::superspeed_movable, routes.superspeed_movable);
    write_register(config, chips::route_reg::fuses, routes.fuses);
    write_register(config, chips::route_reg::usb2_disabled, routes.usb2_disabled);
    write_register(config, chips::route_reg::superspeed_disabled, routes.superspeed_disabled);
}

} // namespace usbroute::sim
