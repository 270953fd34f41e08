// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "route/wiring.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::route {

using topology::Bus;
using topology::Connector;
using topology::ConnectorSpec;
using topology::Controller;
using topology::ControllerKind;
using topology::OwnController;
using topology::PortPath;
using topology::Seat;
using topology::Side;
using topology::Snapshot;

namespace {

std::vector<PortPath> places_on_bus(const Bus* bus, std::uint8_t port)
{
    if (bus == nullptr) return {};
    return {PortPath(bus->number, {port})};
}

/// Sockets are below the rate matching hub. An EHCI with more root ports has none (QEMU's), and there the
/// sockets are the root ports themselves.
std::vector<PortPath> ehci_places(const Controller* ehci, std::uint8_t port)
{
    if (ehci == nullptr || ehci->buses.empty()) return {};
    const Bus& bus = ehci->buses.front();
    if (!has_rate_matching_hub(*ehci)) return places_on_bus(&bus, port);
    return {PortPath(bus.number, {1, port})};
}

/// What was measured replaces what the chip table says.
void take_seen(const Snapshot& snapshot, const Mux& mux, Connector& connector)
{
    for (const auto& seen : connector.spec.seen) {
        const auto path = topology::path_of(snapshot, seen);
        const auto places = path ? std::vector{*path} : std::vector<PortPath>();
        if (mux.xhci->address == seen.controller) {
            connector.seat(Side::xhci)->places = places;
            continue;
        }
        const auto* ehci = snapshot.controller_at(seen.controller);
        const bool is_ehci = ehci != nullptr && ehci->kind == ControllerKind::ehci;
        auto& seat = *connector.seat(Side::ehci);
        seat.controller = is_ehci ? ehci : nullptr;
        seat.places = is_ehci ? places : std::vector<PortPath>();
    }
}

/// Of a connector that is named by controller and port.
Seat own_seat(const Snapshot& snapshot, const ConnectorSpec& spec)
{
    Seat seat{.id = OwnController{}};
    if (!spec.places.empty()) seat.controller = snapshot.controller_at(spec.places.front().controller);
    for (const auto& place : spec.places)
        if (const auto path = topology::path_of(snapshot, place)) seat.places.push_back(*path);
    return seat;
}

} // namespace

const chips::BitRoute* wiring_of(const std::optional<Mux>& mux, const ConnectorSpec& spec)
{
    return mux && spec.bit ? mux->family->route_of(*spec.bit) : nullptr;
}

Connector look_at(const Snapshot& snapshot, const ConnectorSpec& spec)
{
    return look_at(snapshot, find_mux(snapshot), spec);
}

Connector look_at(const Snapshot& snapshot, const std::optional<Mux>& mux, const ConnectorSpec& spec)
{
    Connector connector;
    connector.spec = spec;
    if (!spec.places.empty() || !spec.ways.empty()) {
        connector.seats.push_back(own_seat(snapshot, spec));
        connector.at = OwnController{};
    }
    if (!mux || !spec.bit) return connector;
    connector.seats = {{.id = Side::ehci}, {.id = Side::xhci, .controller = mux->xhci}};
    if (spec.superspeed && mux->xhci->superspeed_bus() != nullptr)
        connector.superspeed_place = PortPath(mux->xhci->superspeed_bus()->number, {spec.superspeed->value});
    if (mux->bits != nullptr) {
        connector.at = (mux->bits->usb2_owner & spec.bit->mask()) != 0 ? Side::xhci : Side::ehci;
        if (spec.superspeed)
            connector.superspeed_on = (mux->bits->superspeed_on & spec.superspeed->mask()) != 0;
    }
    const auto* wiring = wiring_of(mux, spec);
    if (wiring == nullptr) return connector;
    auto& on_ehci = connector.seats.front();
    connector.seats.back().places = places_on_bus(mux->xhci->usb2_bus(), wiring->xhci_port);
    if (const auto& twin = wiring->ehci) {
        on_ehci.controller = mux->ehci(twin->controller);
        on_ehci.places = ehci_places(on_ehci.controller, twin->port);
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

} // namespace usbroute::route
