// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace usbroute::topology {

/// The value of a route: which controller has a connector's USB 2 wires.
enum class Side : std::uint8_t { ehci, xhci };

[[nodiscard]] constexpr Side other(Side side) { return side == Side::ehci ? Side::xhci : Side::ehci; }
[[nodiscard]] constexpr std::string_view text_of(Side side) { return side == Side::ehci ? "ehci" : "xhci"; }
[[nodiscard]] constexpr std::optional<Side> side_from(std::string_view text)
{
    if (text == text_of(Side::ehci)) return Side::ehci;
    return text == text_of(Side::xhci) ? std::optional(Side::xhci) : std::nullopt;
}

} // namespace usbroute::topology
