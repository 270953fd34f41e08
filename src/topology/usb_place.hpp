// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
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

/// A device and function below a bridge.
struct PciSlot {
    std::uint8_t device = 0;   ///< 0 to 31
    std::uint8_t function = 0; ///< 0 to 7
    auto operator<=>(const PciSlot&) const = default;
};

/// The way to a function of the PCI bus by device and function from the root complex down: "00:01.2/00.0". Firmware numbers the
/// buses below bridges again when a card is added; devices, functions and root buses keep their numbers.
struct PciWay {
    PciAddress root; ///< the root port, or the function itself where it is on a root bus
    std::vector<PciSlot> below = {};

    [[nodiscard]] static std::optional<PciWay> parse(std::string_view text);
    [[nodiscard]] std::string text() const; ///< without a domain where that is 0
    auto operator<=>(const PciWay&) const = default;
};

/// The same place as a UsbPlace, named by the way to its controller: "00:01.2/00.0 5", "00:01.2/00.0 ss1".
struct WayPlace {
    PciWay way;
    bool superspeed = false;
    std::vector<std::uint8_t> ports;

    [[nodiscard]] static std::optional<WayPlace> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    auto operator<=>(const WayPlace&) const = default;
};

/// A place as a person can name it.
using ToldPlace = std::variant<UsbPlace, WayPlace>;
[[nodiscard]] std::optional<ToldPlace> told_place_from(std::string_view text);
[[nodiscard]] std::string text_of(const ToldPlace& place);

/// A port of a hub of a name, wherever its cable goes, and both of its halves: "desk/2", further hubs down "desk/2.3".
struct HubPlace {
    HubName hub;
    std::vector<std::uint8_t> ports; ///< from that hub on; never empty

    [[nodiscard]] static std::optional<HubPlace> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    auto operator<=>(const HubPlace&) const = default;
};

/// One device by what it is: by its ids and its serial number, wherever it is plugged in; one without a serial number, or whose
/// twin with the same one is plugged in too, by its ids and the place that it is in.
struct DeviceKey {
    UsbIds ids;
    std::string serial;         ///< empty: by its place
    std::optional<UsbPlace> at; ///< with an empty serial

    /// Reads "046d:c31c+SERIAL", in which what is no letter, digit, '-', '_' or '.' is %XX, and "046d:c31c@0000:00:14.0/2.1".
    [[nodiscard]] static std::optional<DeviceKey> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    auto operator<=>(const DeviceKey&) const = default;
};

} // namespace usbroute::topology
