// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/snapshot.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::topology {

/// What kind of thing a device or one of its interfaces is, by the codes of its descriptor (USB 2.0, tables 9-8 and 9-12; the
/// numbers are the USB-IF's "Defined Class Codes").
struct UsbClass {
    std::uint8_t base = 0;
    std::optional<std::uint8_t> subclass = {}; ///< nothing: any
    std::optional<std::uint8_t> protocol = {}; ///< nothing: any; never without a subclass
    auto operator<=>(const UsbClass&) const = default;

    /// Reads "hid" and "03", "03/01", "03/01/02": two hexadecimal digits each.
    [[nodiscard]] static std::optional<UsbClass> parse(std::string_view text);
    /// "hid", "03/01/02".
    [[nodiscard]] std::string text() const;
    /// Whether all that is of the other one is of this one too.
    [[nodiscard]] bool covers(const UsbClass& other) const;
    [[nodiscard]] bool covers(const Interface& interface) const;
};

/// What people call a device, by the classes of its interfaces: "keyboard", "mouse", "disk", "sound", "camera", "radio" (Bluetooth and
/// the like), "hub"; empty for anything else. Of one that is several of these, what it is bought as: a camera with a
/// microphone is a camera.
[[nodiscard]] std::string_view kind_of(const Device& device);

} // namespace usbroute::topology
