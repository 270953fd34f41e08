// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/connector.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::topology {

namespace {

/// Every EHCI of these chipsets has 2 root ports, 3 with USB-R, and Intel's rate matching hub on the first.
constexpr std::uint8_t most_root_ports_beside_a_rate_matching_hub = 3;

std::optional<PortPath> place_on_bus(const Bus* bus, std::uint8_t port)
{
    if (bus == nullptr) return std::nullopt;
    return PortPath(bus->number, {port});
}

/// Sockets are below the rate matching hub. An EHCI with more root ports has none (QEMU's), and there the
/// sockets are the root ports themselves.
std::optional<PortPath> ehci_place(const Controller* ehci, std::uint8_t port)
{
    if (ehci == nullptr || ehci->buses.empty()) return std::nullopt;
    const Bus& bus = ehci->buses.front();
    if (!has_rate_matching_hub(*ehci)) return place_on_bus(&bus, port);
    return PortPath(bus.number, {1, port});
}

std::optional<PortPath> place_of(const Snapshot& snapshot, const UsbPlace& place)
{
    const auto* controller = snapshot.controller_at(place.controller);
    if (controller == nullptr) return std::nullopt;
    const auto* bus = place.superspeed ? controller->superspeed_bus() : controller->usb2_bus();
    if (bus == nullptr) return std::nullopt;
    return PortPath(bus->number, place.ports);
}

/// What was measured replaces what the chip table says.
void take_seen(const Snapshot& snapshot, const Mux& mux, Connector& connector)
{
    for (const auto& seen : connector.spec.seen) {
        const auto path = place_of(snapshot, seen);
        if (mux.xhci->address == seen.controller) {
            connector.xhci_place = path;
            continue;
        }
        const auto* ehci = snapshot.controller_at(seen.controller);
        const bool is_ehci = ehci != nullptr && ehci->kind == ControllerKind::ehci;
        connector.ehci = is_ehci ? ehci : nullptr;
        connector.ehci_place = is_ehci ? path : std::nullopt;
    }
}

} // namespace

std::optional<UsbPlace> UsbPlace::parse(std::string_view text)
{
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = PciAddress::parse(text.substr(0, slash));
    auto chain = text.substr(slash + 1);
    const bool superspeed = chain.starts_with("ss");
    if (superspeed) chain.remove_prefix(2);
    const auto path = PortPath::parse(format("1-{}", chain));
    if (!address || !path) return std::nullopt;
    return UsbPlace{.controller = *address, .superspeed = superspeed, .ports = path->ports()};
}

std::string UsbPlace::text() const
{
    const auto chain = PortPath(1, ports).text().substr(2);
    return format("{}/{}{}", controller.text(), superspeed ? "ss" : "", chain);
}

std::optional<BehindConnector> BehindConnector::parse(std::string_view text)
{
    const auto slash = text.find('/');
    const auto name = text.substr(0, slash);
    if (!is_plain_name(name)) return std::nullopt;
    BehindConnector behind{.socket = ConnectorName(std::string(name)), .ports = {}};
    if (slash == std::string_view::npos) return behind;
    const auto path = PortPath::parse(format("1-{}", text.substr(slash + 1)));
    if (!path) return std::nullopt;
    behind.ports = path->ports();
    return behind;
}

std::string BehindConnector::text() const
{
    if (ports.empty()) return socket.text();
    return format("{}/{}", socket.text(), PortPath(1, ports).text().substr(2));
}

bool has_rate_matching_hub(const Controller& ehci)
{
    return ehci.buses.empty() || ehci.buses.front().ports <= most_root_ports_beside_a_rate_matching_hub;
}

bool is_rate_matching_hub(const Mux& mux, const Device& device)
{
    return device.is_hub() && device.path.ports() == std::vector<std::uint8_t>{1} &&
           std::ranges::any_of(mux.ehcis, [&](const PciController* ehci) {
               return ehci != nullptr && ehci->has_bus(device.path.bus());
           });
}

const PciController* Mux::ehci(std::uint8_t number) const
{
    return number >= 1 && number <= ehcis.size() ? ehcis[number - 1u] : nullptr;
}

std::uint32_t Mux::movable_bits() const
{
    return bits == nullptr ? 0 : bits->usb2_movable & family->usb2_bits();
}

std::uint32_t Mux::movable_superspeed_bits() const
{
    return bits == nullptr ? 0 : bits->superspeed_movable & family->superspeed_bits;
}

std::optional<Mux> find_mux(const Snapshot& snapshot)
{
    for (const auto& controller : snapshot.controllers) {
        if (controller.kind != ControllerKind::xhci) continue;
        const auto* family = chips::family_of(controller.vendor, controller.device);
        if (family == nullptr) continue;

        Mux mux{.xhci = controller,
                .family = *family,
                .ehcis = {},
                .bits = std::get_if<chips::RouteBits>(&snapshot.registers_of(controller.address))};
        for (const auto& function : family->ehcis) {
            const auto found = std::ranges::find_if(snapshot.controllers, [&](const Controller& c) {
                return c.kind == ControllerKind::ehci && c.vendor == chips::intel_vendor &&
                       c.device == function.device_id;
            });
            mux.ehcis.push_back(found == snapshot.controllers.end() ? nullptr : &*found);
        }
        return mux;
    }
    return std::nullopt;
}

std::vector<PortPath> Connector::places_now() const
{
    auto places = fixed_places;
    const auto& usb2 = side == Side::xhci ? xhci_place : ehci_place;
    if (side && usb2) places.push_back(*usb2);
    if (superspeed_place) places.push_back(*superspeed_place);
    return places;
}

std::vector<PortPath> Connector::all_places() const
{
    auto places = fixed_places;
    for (const auto& place : {xhci_place, ehci_place, superspeed_place})
        if (place) places.push_back(*place);
    return places;
}

Connector look_at(const Snapshot& snapshot, const ConnectorSpec& spec)
{
    return look_at(snapshot, find_mux(snapshot), spec);
}

Connector look_at(const Snapshot& snapshot, const std::optional<Mux>& mux, const ConnectorSpec& spec)
{
    Connector connector;
    connector.spec = spec;
    for (const auto& place : spec.places)
        if (const auto path = place_of(snapshot, place)) connector.fixed_places.push_back(*path);

    if (!mux || !spec.bit) return connector;
    connector.xhci = mux->xhci;
    if (spec.superspeed)
        connector.superspeed_place = place_on_bus(mux->xhci->superspeed_bus(), spec.superspeed->value);
    if (mux->bits != nullptr) {
        connector.side = (mux->bits->usb2_owner & spec.bit->mask()) != 0 ? Side::xhci : Side::ehci;
        if (spec.superspeed)
            connector.superspeed_on = (mux->bits->superspeed_on & spec.superspeed->mask()) != 0;
    }
    connector.route = mux->family->route_of(*spec.bit);
    if (connector.route == nullptr) return connector;
    connector.xhci_place = place_on_bus(mux->xhci->usb2_bus(), connector.route->xhci_port);
    if (const auto& twin = connector.route->ehci) {
        connector.ehci = mux->ehci(twin->controller);
        connector.ehci_place = ehci_place(connector.ehci, twin->port);
    }
    take_seen(snapshot, *mux, connector);
    return connector;
}

std::vector<ConnectorSpec> unnamed_connectors(const chips::ChipFamily& family,
                                              const std::vector<ConnectorSpec>& named)
{
    std::vector<ConnectorSpec> unnamed;
    for (const auto& route : family.routes) {
        const chips::MuxBit bit{route.bit};
        const bool taken =
            std::ranges::any_of(named, [&](const ConnectorSpec& spec) { return spec.bit == bit; });
        if (!taken)
            unnamed.push_back({.name = ConnectorName(format("bit{}", route.bit)),
                               .bit = bit,
                               .superspeed = {},
                               .places = {},
                               .seen = {}});
    }
    return unnamed;
}

std::optional<chips::MuxBit> bit_of_unnamed(std::string_view name)
{
    if (!name.starts_with("bit")) return std::nullopt;
    const auto number = parse_decimal(name.substr(3));
    if (!number || *number > 31) return std::nullopt;
    return chips::MuxBit{static_cast<std::uint8_t>(*number)};
}

std::vector<const Device*> devices_in(const Snapshot& snapshot, const Connector& connector)
{
    std::vector<const Device*> found;
    for (const auto& place : connector.places_now()) {
        const auto below = snapshot.devices_below(place);
        found.insert(found.end(), below.begin(), below.end());
    }
    return found;
}

} // namespace usbroute::topology
