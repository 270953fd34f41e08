// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/key.hpp"

#include "base/text.hpp"

namespace usbroute::topology {

namespace {

constexpr std::string_view bit_word = "bit";
constexpr std::string_view superspeed_word = "ss";
constexpr std::uint32_t register_bits = 32;

} // namespace

std::string text_of(const Key& key)
{
    if (const auto* bit = std::get_if<chips::MuxBit>(&key))
        return std::string(bit_word) + std::to_string(bit->value);
    if (const auto* port = std::get_if<chips::SuperSpeedPort>(&key))
        return std::string(superspeed_word) + std::to_string(port->value);
    if (const auto* place = std::get_if<UsbPlace>(&key)) return place->text();
    if (const auto* place = std::get_if<HubPlace>(&key)) return place->text();
    if (const auto* device = std::get_if<DeviceKey>(&key)) return device->text();
    return std::get<PciAddress>(key).text();
}

bool is_of_a_place(const Key& key)
{
    return std::holds_alternative<UsbPlace>(key) || std::holds_alternative<HubPlace>(key) ||
           std::holds_alternative<DeviceKey>(key);
}

std::optional<Key> key_from(std::string_view text)
{
    const auto number_after = [&](std::string_view word) {
        return text.starts_with(word) ? parse_decimal(text.substr(word.size())) : std::nullopt;
    };
    if (const auto bit = number_after(bit_word); bit && *bit < register_bits)
        return Key(chips::MuxBit{static_cast<std::uint8_t>(*bit)});
    if (const auto port = number_after(superspeed_word); port && *port >= 1 && *port <= register_bits)
        return Key(chips::SuperSpeedPort{static_cast<std::uint8_t>(*port)});
    if (const auto address = PciAddress::parse(text)) return Key(*address);
    if (auto place = UsbPlace::parse(text)) return Key(std::move(*place));
    if (auto place = HubPlace::parse(text)) return Key(std::move(*place));
    if (auto device = DeviceKey::parse(text)) return Key(std::move(*device));
    return std::nullopt;
}

} // namespace usbroute::topology
