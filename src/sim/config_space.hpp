// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "chips/registers.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::sim {

/// Register `offset` in a configuration space.
[[nodiscard]] std::uint32_t read_register(std::string_view config, std::uint16_t offset);
void write_register(std::string& config, std::uint16_t offset, std::uint32_t value);
/// Registers of the first 256 bytes in which two spaces differ.
[[nodiscard]] std::vector<std::uint16_t> differing_registers(std::string_view one, std::string_view other);

[[nodiscard]] chips::RouteBits routes_in(std::string_view config);
void put_routes(std::string& config, const chips::RouteBits& routes);

} // namespace usbroute::sim
