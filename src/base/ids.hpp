// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace usbroute {

/// A name a person chose, one type for each kind of thing, so that a guest cannot be passed where a
/// connector is wanted.
template <class Tag> class Name {
public:
    Name() = default;
    explicit Name(std::string text) : text_(std::move(text)) {}

    [[nodiscard]] const std::string& text() const { return text_; }
    auto operator<=>(const Name&) const = default;

private:
    std::string text_;
};

using ConnectorName = Name<struct ConnectorTag>;
using GuestName = Name<struct GuestTag>;
using ProfileName = Name<struct ProfileTag>;
using ListenerName = Name<struct ListenerTag>;
using HubName = Name<struct HubTag>;
using RuleName = Name<struct RuleTag>;

/// Letters, digits, '-', '_' and '.', 1 to 64 bytes, not beginning with '-' or '.': what can be typed in a
/// shell and sent as one word of the protocol.
[[nodiscard]] bool is_plain_name(std::string_view text);

/// Whether a word can name a device: its place, ids, serial number or what it calls itself. 1 to 400 bytes that can be printed as
/// they are, not beginning with '-'.
[[nodiscard]] bool can_name_a_device(std::string_view text);

/// A PCI function: domain:bus:device.function.
struct PciAddress {
    std::uint32_t domain = 0;
    std::uint8_t bus = 0;
    std::uint8_t device = 0;   ///< 0 to 31
    std::uint8_t function = 0; ///< 0 to 7

    /// Reads "0000:00:14.0" and, as lspci prints it, "00:14.0".
    [[nodiscard]] static std::optional<PciAddress> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    auto operator<=>(const PciAddress&) const = default;
};

/// What a model of USB devices is known by: idVendor and idProduct of its device descriptor (USB 2.0, table 9-8).
struct UsbIds {
    std::uint16_t vendor = 0;
    std::uint16_t product = 0;

    /// Reads "2109:2813", as lsusb prints it: four hexadecimal digits each.
    [[nodiscard]] static std::optional<UsbIds> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    auto operator<=>(const UsbIds&) const = default;
};

} // namespace usbroute
