// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "chips/registers.hpp"
#include "topology/key.hpp"
#include "topology/side.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Between words, "bit 3 is at xhci", and bits of the routing registers.
namespace usbroute::route {

using topology::Placed;

inline constexpr std::string_view word_on = "on";
inline constexpr std::string_view word_off = "off";

[[nodiscard]] constexpr std::string_view word_of(bool superspeed_is_on)
{
    return superspeed_is_on ? word_on : word_off;
}
/// The register that says where a key is; nothing if the key does not belong to the mux.
[[nodiscard]] std::optional<chips::RouteRegister> register_of(const topology::Key& key);
[[nodiscard]] std::uint32_t mask_of(const topology::Key& key);
/// Where a key of the mux is by these registers.
[[nodiscard]] topology::Word word_of(const topology::Key& key, const chips::RouteBits& bits);
/// Whether a word is one that a key of the mux can have.
[[nodiscard]] bool is_word_of(const topology::Key& key, std::string_view word);
[[nodiscard]] bool is_at(const Placed& placed, const chips::RouteBits& bits);
/// The registers as they are once each of these keys has its word.
[[nodiscard]] chips::RouteBits with(chips::RouteBits bits, std::span<const Placed> placed);

/// One aligned 4-byte read-modify-write.
struct WriteRegister {
    PciAddress controller;
    chips::RouteRegister target = chips::RouteRegister::usb2_owner;
    std::uint32_t mask = 0;
    std::uint32_t value = 0; ///< only bits of `mask`

    [[nodiscard]] bool is_done(const chips::RouteBits& bits) const
    {
        return (bits.value_of(target) & mask) == value;
    }
    bool operator==(const WriteRegister&) const = default;
};

/// What the register holds instead.
[[nodiscard]] std::string why_undone(const WriteRegister& write, const chips::RouteBits& bits);

/// The setpci command that does the same, for people and for recovery.
[[nodiscard]] std::string shell_line(const WriteRegister& write);

/// The writes that bring the keys there, in order. SuperSpeed first, in both directions. Towards xHCI a USB 3 device
/// would
/// otherwise be found on the USB 2 wires and stay at USB 2 speed; towards EHCI it would keep its SuperSpeed link and EHCI
/// would never see it.
[[nodiscard]] std::vector<WriteRegister> writes_for(const PciAddress& controller,
                                                    std::span<const Placed> placed);

} // namespace usbroute::route
