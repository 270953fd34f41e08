// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/usb_class.hpp"

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::topology {

namespace {

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 13> class_words{{{"audio", 0x01},
                                                                                 {"communications", 0x02},
                                                                                 {"hid", 0x03},
                                                                                 {"image", 0x06},
                                                                                 {"printer", 0x07},
                                                                                 {"storage", 0x08},
                                                                                 {"hub", 0x09},
                                                                                 {"data", 0x0a},
                                                                                 {"smart-card", 0x0b},
                                                                                 {"video", 0x0e},
                                                                                 {"wireless", 0xe0},
                                                                                 {"application", 0xfe},
                                                                                 {"vendor", 0xff}}};

std::optional<std::uint8_t> code_from(std::string_view text)
{
    return text.size() == 2 ? number_from<std::uint8_t>(text, 16) : std::nullopt;
}

} // namespace

std::optional<UsbClass> UsbClass::parse(std::string_view text)
{
    for (const auto& [word, code] : class_words)
        if (word == text) return UsbClass{.base = code};
    const auto parts = split(text, '/');
    if (parts.size() > 3) return std::nullopt;
    std::array<std::optional<std::uint8_t>, 3> codes;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        codes.at(i) = code_from(parts[i]);
        if (!codes.at(i)) return std::nullopt;
    }
    return UsbClass{.base = *codes[0], .subclass = codes[1], .protocol = codes[2]};
}

std::string UsbClass::text() const
{
    if (!subclass)
        for (const auto& [word, code] : class_words)
            if (code == base) return std::string(word);
    auto text = format("{:02x}", base);
    if (subclass) text += format("/{:02x}", *subclass);
    if (protocol) text += format("/{:02x}", *protocol);
    return text;
}

bool UsbClass::covers(const UsbClass& other) const
{
    return base == other.base && (!subclass || subclass == other.subclass) &&
           (!protocol || protocol == other.protocol);
}

bool UsbClass::covers(const Interface& interface) const
{
    return covers(UsbClass{
        .base = interface.device_class, .subclass = interface.subclass, .protocol = interface.protocol});
}

std::string_view kind_of(const Device& device)
{
    // "Defined Class Codes" of the USB-IF; the boot protocols of HID 1.11, 4.2 and 4.3.
    constexpr UsbClass video{.base = 0x0e};
    constexpr UsbClass storage{.base = 0x08};
    constexpr UsbClass audio{.base = 0x01};
    constexpr UsbClass wireless{.base = 0xe0};
    constexpr UsbClass boot_mouse{.base = 0x03, .subclass = 1, .protocol = 2};
    const auto has = [&](const UsbClass& wanted) {
        return std::ranges::any_of(device.interfaces,
                                   [&](const Interface& interface) { return wanted.covers(interface); });
    };
    if (device.is_hub()) return "hub";
    if (has(storage)) return "disk";
    if (has(video)) return "camera";
    if (device.is_keyboard()) return "keyboard";
    if (has(boot_mouse)) return "mouse";
    if (has(audio)) return "sound";
    if (has(wireless)) return "radio";
    return {};
}

} // namespace usbroute::topology
