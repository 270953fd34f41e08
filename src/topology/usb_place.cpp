// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/usb_place.hpp"

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "topology/snapshot.hpp"

namespace usbroute::topology {

namespace {

/// "2.1", and "ss3.1" of the SuperSpeed half.
struct PortChain {
    bool superspeed = false;
    std::vector<std::uint8_t> ports;
};

std::optional<PortChain> port_chain_from(std::string_view text)
{
    const bool superspeed = text.starts_with("ss");
    if (superspeed) text.remove_prefix(2);
    const auto path = PortPath::parse(format("1-{}", text));
    if (!path) return std::nullopt;
    return PortChain{.superspeed = superspeed, .ports = path->ports()};
}

std::string text_of_ports(const std::vector<std::uint8_t>& ports)
{
    return PortPath(1, ports).text().substr(2);
}

std::string text_of_chain(bool superspeed, const std::vector<std::uint8_t>& ports)
{
    return (superspeed ? "ss" : "") + text_of_ports(ports);
}

/// "00.0"; the bus that it is read with is of no meaning.
std::optional<PciSlot> slot_from(std::string_view text)
{
    if (text.find(':') != std::string_view::npos) return std::nullopt;
    const auto address = PciAddress::parse(format("00:{}", text));
    if (!address) return std::nullopt;
    return PciSlot{.device = address->device, .function = address->function};
}

/// A root port, at most 32 bridges and a function: more than any board has, and a bound for what somebody writes.
constexpr std::size_t most_steps = 32;

/// What a serial number has that would end a word or a part of a line.
constexpr char escape_sign = '%';
constexpr char serial_sign = '+';
constexpr char place_sign = '@';
constexpr std::size_t length_of_ids = 9; // "046d:c31c"

bool is_kept_as_it_is(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return is_plain_word(std::string_view(&c, 1), "-_.") && byte < 0x80;
}

std::string escaped(std::string_view serial)
{
    std::string text;
    for (const char c : serial)
        if (is_kept_as_it_is(c))
            text += c;
        else
            text += format("{}{:02x}", escape_sign, static_cast<unsigned char>(c));
    return text;
}

/// Nothing: it is not what `escaped` makes, so that one serial number has one text.
std::optional<std::string> unescaped(std::string_view text)
{
    std::string serial;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != escape_sign) {
            serial += text[i];
            continue;
        }
        const auto byte =
            i + 2 < text.size() ? number_from<std::uint8_t>(text.substr(i + 1, 2), 16) : std::nullopt;
        if (!byte) return std::nullopt;
        serial += static_cast<char>(*byte);
        i += 2;
    }
    if (serial.empty() || escaped(serial) != text) return std::nullopt;
    return serial;
}

} // namespace

std::optional<UsbPlace> UsbPlace::parse(std::string_view text)
{
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = PciAddress::parse(text.substr(0, slash));
    auto chain = port_chain_from(text.substr(slash + 1));
    if (!address || !chain) return std::nullopt;
    return UsbPlace{
        .controller = *address, .superspeed = chain->superspeed, .ports = std::move(chain->ports)};
}

std::string UsbPlace::text() const
{
    return format("{}/{}", controller.text(), text_of_chain(superspeed, ports));
}

std::optional<PciWay> PciWay::parse(std::string_view text)
{
    const auto parts = split(text, '/');
    const auto root = PciAddress::parse(parts.front());
    if (!root || parts.size() > most_steps) return std::nullopt;
    PciWay way{.root = *root};
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const auto slot = slot_from(parts[i]);
        if (!slot) return std::nullopt;
        way.below.push_back(*slot);
    }
    return way;
}

std::string PciWay::text() const
{
    auto text = root.text();
    if (root.domain == 0) text = text.substr(text.find(':') + 1);
    for (const auto& slot : below) text += format("/{:02x}.{:x}", slot.device, slot.function);
    return text;
}

std::optional<WayPlace> WayPlace::parse(std::string_view text)
{
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    auto way = PciWay::parse(text.substr(0, space));
    auto chain = port_chain_from(text.substr(space + 1));
    if (!way || !chain) return std::nullopt;
    return WayPlace{
        .way = std::move(*way), .superspeed = chain->superspeed, .ports = std::move(chain->ports)};
}

std::string WayPlace::text() const { return format("{} {}", way.text(), text_of_chain(superspeed, ports)); }

std::optional<ToldPlace> told_place_from(std::string_view text)
{
    if (auto place = UsbPlace::parse(text)) return ToldPlace(std::move(*place));
    if (auto place = WayPlace::parse(text)) return ToldPlace(std::move(*place));
    return std::nullopt;
}

std::string text_of(const ToldPlace& place)
{
    return std::visit([](const auto& one) { return one.text(); }, place);
}

std::optional<HubPlace> HubPlace::parse(std::string_view text)
{
    const auto slash = text.find('/');
    if (slash == std::string_view::npos || !is_plain_name(text.substr(0, slash))) return std::nullopt;
    const auto path = PortPath::parse(format("1-{}", text.substr(slash + 1)));
    if (!path) return std::nullopt;
    return HubPlace{.hub = HubName(std::string(text.substr(0, slash))), .ports = path->ports()};
}

std::string HubPlace::text() const { return format("{}/{}", hub.text(), text_of_ports(ports)); }

std::optional<DeviceKey> DeviceKey::parse(std::string_view text)
{
    if (text.size() <= length_of_ids + 1) return std::nullopt;
    const auto ids = UsbIds::parse(text.substr(0, length_of_ids));
    if (!ids) return std::nullopt;
    const auto rest = text.substr(length_of_ids + 1);
    if (text[length_of_ids] == place_sign) {
        auto place = UsbPlace::parse(rest);
        if (!place) return std::nullopt;
        return DeviceKey{.ids = *ids, .serial = {}, .at = std::move(place)};
    }
    auto serial = text[length_of_ids] == serial_sign ? unescaped(rest) : std::nullopt;
    if (!serial) return std::nullopt;
    return DeviceKey{.ids = *ids, .serial = std::move(*serial), .at = {}};
}

std::string DeviceKey::text() const
{
    if (!serial.empty()) return format("{}{}{}", ids.text(), serial_sign, escaped(serial));
    return format("{}{}{}", ids.text(), place_sign, at ? at->text() : std::string());
}

} // namespace usbroute::topology
