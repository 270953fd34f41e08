// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/behind.hpp"

#include <algorithm>

namespace usbroute::topology {

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
std::vector<UsbPlace> places_of(const Connector& socket)
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
    add(socket.xhci, {socket.route->xhci_port});
    if (const auto& twin = socket.route->ehci; twin && socket.ehci != nullptr)
        add(socket.ehci, has_rate_matching_hub(*socket.ehci) ? Ports{1, twin->port} : Ports{twin->port});
    if (socket.spec.superspeed && socket.xhci != nullptr)
        places.push_back({.controller = socket.xhci->address,
                          .superspeed = true,
                          .ports = {socket.spec.superspeed->value}});
    return places;
}

std::optional<PortPath> deeper(const std::optional<PortPath>& place, const Ports& ports)
{
    auto path = place;
    for (const auto port : ports)
        if (path) path = path->child(port);
    return path;
}

void take_from(const Connector& socket, const Ports& ports, Connector& hole)
{
    hole.behind = socket.spec.name;
    hole.behind_bit = socket.spec.bit;
    hole.side = socket.side;
    hole.xhci = socket.xhci;
    hole.ehci = socket.ehci;
    hole.fixed_places.clear();
    if (ports.empty()) return; // the same place: what is plugged in there is shown once
    hole.xhci_place = deeper(socket.xhci_place, ports);
    hole.ehci_place = deeper(socket.ehci_place, ports);
    hole.superspeed_place = deeper(socket.superspeed_place, ports);
}

/// The ports of `hole` behind `socket`; nothing: it is not behind that one.
std::optional<Ports> ports_behind(const Connector& socket, const Connector& hole)
{
    if (hole.spec.behind) {
        if (hole.spec.behind->socket != socket.spec.name) return std::nullopt;
        return hole.spec.behind->ports;
    }
    for (const auto& above : places_of(socket))
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
            if (socket.route == nullptr) continue;
            const auto ports = ports_behind(socket, hole);
            if (!ports) continue;
            take_from(socket, *ports, hole);
            break;
        }
    }
}

} // namespace usbroute::topology
