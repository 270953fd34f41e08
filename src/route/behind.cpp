// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "route/behind.hpp"

#include "route/wiring.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::route {

using topology::Connector;
using topology::PciController;
using topology::PortPath;
using topology::Side;
using topology::UsbPlace;

namespace {

using Ports = std::vector<std::uint8_t>;

/// The ports below `above` on the way to `place`; nothing where it is elsewhere.
std::optional<Ports> below(const UsbPlace& above, const UsbPlace& place)
{
    if (above.controller != place.controller || above.superspeed != place.superspeed ||
        above.ports.size() > place.ports.size() ||
        !std::equal(above.ports.begin(), above.ports.end(), place.ports.begin()))
        return std::nullopt;
    return Ports(place.ports.begin() + static_cast<std::ptrdiff_t>(above.ports.size()), place.ports.end());
}

/// Where a socket of the mux is on its controllers. A controller whose buses a guest has is not looked at, so this does
/// not ask for them.
std::vector<UsbPlace> places_of(const chips::BitRoute& wiring, const Connector& socket)
{
    std::vector<UsbPlace> places;
    const auto seen_on = [&](const PciController& controller) {
        return std::ranges::find(socket.spec.seen, controller.address, &UsbPlace::controller);
    };
    const auto add = [&](const PciController* controller, Ports by_the_table) {
        if (controller == nullptr) return;
        const auto seen = seen_on(*controller);
        places.push_back(seen != socket.spec.seen.end() ? *seen
                                                        : UsbPlace{.controller = controller->address,
                                                                   .superspeed = false,
                                                                   .ports = std::move(by_the_table)});
    };
    const auto* xhci = socket.controller_at(Side::xhci);
    const auto* ehci = socket.controller_at(Side::ehci);
    add(xhci, {wiring.xhci_port});
    if (const auto& twin = wiring.ehci; twin && ehci != nullptr)
        add(ehci, has_rate_matching_hub(*ehci) ? Ports{1, twin->port} : Ports{twin->port});
    if (socket.spec.superspeed && xhci != nullptr)
        places.push_back(
            {.controller = xhci->address, .superspeed = true, .ports = {socket.spec.superspeed->value}});
    return places;
}

PortPath deeper(PortPath place, const Ports& ports)
{
    for (const auto port : ports) place = place.child(port);
    return place;
}

void take_from(const Connector& socket, const Ports& ports, Connector& hole)
{
    hole.behind = socket.spec.name;
    hole.at = socket.at;
    hole.seats = socket.seats;
    for (auto& seat : hole.seats) {
        // The same place: what is plugged in there is shown once.
        if (ports.empty()) seat.places.clear();
        for (auto& place : seat.places) place = deeper(std::move(place), ports);
    }
    if (!ports.empty() && socket.superspeed_place)
        hole.superspeed_place = deeper(*socket.superspeed_place, ports);
}

/// The ports from a socket on to a place at or below one of its own; nothing: it is elsewhere.
std::optional<Ports> ports_from(const Connector& socket, const PortPath& place)
{
    for (const auto& above : socket.all_places())
        if (above.contains(place))
            return Ports(place.ports().begin() + std::ssize(above.ports()), place.ports().end());
    return std::nullopt;
}

/// The ports of `hole` behind `socket`; nothing: it is not behind that one.
std::optional<Ports> ports_behind(const chips::BitRoute& wiring, const Connector& socket,
                                  const Connector& hole)
{
    if (hole.spec.behind) {
        if (hole.spec.behind->socket != socket.spec.name) return std::nullopt;
        return hole.spec.behind->ports;
    }
    // A hub that has a name is where it is seen, and moves on with the socket in which it is.
    if (const auto* seat = hole.spec.on_hubs.empty() ? nullptr : hole.seat(topology::OwnController{}))
        for (const auto& place : seat->places)
            if (auto ports = ports_from(socket, place)) return ports;
    for (const auto& above : places_of(wiring, socket))
        for (const auto& place : hole.spec.places)
            if (auto ports = below(above, place)) return ports;
    return std::nullopt;
}

} // namespace

void complete_holes_behind(std::vector<Connector>& connectors, const std::optional<Mux>& mux)
{
    if (!mux) return;
    for (auto& hole : connectors) {
        if (hole.spec.bit) continue;
        for (const auto& socket : connectors) {
            const auto* wiring = wiring_of(mux, socket.spec);
            if (wiring == nullptr) continue;
            const auto ports = ports_behind(*wiring, socket, hole);
            if (!ports) continue;
            take_from(socket, *ports, hole);
            break;
        }
    }
}

} // namespace usbroute::route
