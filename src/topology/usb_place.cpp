// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/usb_place.hpp"

#include "base/format.hpp"
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

} // namespace usbroute::topology
