// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::topology {

/// A place named by controller and port chain, "0000:00:14.0/2.1", or "0000:00:14.0/ss3.1" for the
/// SuperSpeed half. Survives reboots, unlike a PortPath.
struct UsbPlace {
    PciAddress controller;
    bool superspeed = false;
    std::vector<std::uint8_t> ports;

    [[nodiscard]] static std::optional<UsbPlace> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    auto operator<=>(const UsbPlace&) const = default;
};

} // namespace usbroute::topology
