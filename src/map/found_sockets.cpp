// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "map/found_sockets.hpp"

#include "base/format.hpp"
#include "map/sighting.hpp"
#include "route/wiring.hpp"
#include "topology/halves.hpp"

#include <algorithm>

namespace usbroute::map {

namespace {

using topology::PortPath;
using topology::UsbPlace;

struct Search {
    const topology::Snapshot& snapshot;
    const std::vector<topology::ConnectorSpec>& named;
    const Panels& panels;
    std::vector<FoundSocket> found = {};
    std::map<std::string, int> numbers = {}; ///< the last one of each word

    [[nodiscard]] bool has_name(const std::string& name) const
    {
        return std::ranges::any_of(named, [&](const auto& spec) { return spec.name.text() == name; });
    }
};

std::string next_name(Search& search, const PortPath& port)
{
    const auto panel = search.panels.find(port);
    const auto word = panel == search.panels.end() ? "port"
                      : panel->second == "back"    ? "rear"
                                                   : panel->second;
    for (;;)
        if (auto name = format("{}-{}", word, ++search.numbers[word]); !search.has_name(name)) return name;
}

/// Of what is plugged in there directly.
std::vector<std::string> shown_at(const topology::Snapshot& snapshot, const std::vector<PortPath>& places)
{
    std::vector<std::string> shown;
    for (const auto& place : places)
        if (const auto* device = snapshot.device_at(place)) shown.push_back(device->shown());
    return shown;
}

bool can_be_pulled_out(const topology::Snapshot& snapshot, const std::vector<PortPath>& places)
{
    return std::ranges::any_of(places, [&](const PortPath& place) {
        const auto* device = snapshot.device_at(place);
        return device != nullptr && device->removable && !is_part_of_the_board(snapshot, *device);
    });
}

/// Nothing: the port has no socket, or nothing speaks for one.
std::optional<FoundBy> why_a_socket(const topology::Snapshot& snapshot, const PortPath& port,
                                    const std::vector<PortPath>& places)
{
    const auto* told = port_at(snapshot, port);
    const auto type = told == nullptr ? std::string() : told->connect_type;
    if (type == "hotplug") return FoundBy::firmware;
    if (type == "hardwired" || type == "not used") return std::nullopt;
    return can_be_pulled_out(snapshot, places) ? std::optional(FoundBy::device) : std::nullopt;
}

void add_socket(Search& search, FoundSocket socket, const PortPath& port, const std::vector<PortPath>& places)
{
    socket.devices = shown_at(search.snapshot, places);
    socket.spec.name = ConnectorName(next_name(search, port));
    search.found.push_back(std::move(socket));
}

/// Its bit may move, as far as it could be read, and the EHCI that it goes to is on the bus.
bool can_move(const route::Mux& mux, const chips::BitRoute& route)
{
    if (!route.ehci || mux.ehci(route.ehci->controller) == nullptr) return false;
    return mux.bits == nullptr || (mux.movable_bits() & chips::MuxBit{route.bit}.mask()) != 0;
}

void add_sockets_of_mux(Search& search, const route::Mux& mux)
{
    const auto* bus = mux.xhci->usb2_bus();
    for (auto& spec : route::unnamed_connectors(*mux.family, search.named)) {
        const auto* route = mux.family->route_of(*spec.bit);
        if (!can_move(mux, *route)) continue;
        const auto connector = route::look_at(search.snapshot, mux, spec);
        const PortPath port(bus == nullptr ? std::uint16_t{0} : bus->number, {route->xhci_port});
        const auto places = connector.all_places();
        const auto by = why_a_socket(search.snapshot, port, places);
        if (!by) continue;
        const UsbPlace usb2{
            .controller = mux.xhci->address, .superspeed = false, .ports = {route->xhci_port}};
        FoundSocket socket{.spec = {}, .by = *by, .usb2 = usb2};
        socket.spec.bit = spec.bit;
        const auto half = topology::other_half_of(search.snapshot, usb2);
        if (half && half->place.ports.front() <= mux.family->superspeed_ports()) {
            if (half->by_firmware)
                socket.spec.superspeed = chips::SuperSpeedPort{half->place.ports.front()};
            else
                socket.guessed = half->place;
        }
        add_socket(search, std::move(socket), port, places);
    }
}

void add_place(const topology::Snapshot& snapshot, topology::ConnectorSpec& spec, const UsbPlace& place)
{
    const auto form = topology::lasting_form(snapshot, place);
    if (const auto* way = std::get_if<topology::WayPlace>(&form))
        spec.ways.push_back(*way);
    else
        spec.places.push_back(place);
}

bool is_named(const Search& search, const UsbPlace& place)
{
    return std::ranges::any_of(search.named, [&](auto spec) {
        topology::locate(search.snapshot, spec);
        return std::ranges::find(spec.places, place) != spec.places.end();
    });
}

void add_port(Search& search, const topology::PciController& controller, const topology::HubPort& port)
{
    const auto& snapshot = search.snapshot;
    // Behind a hub of the board, such as Intel's rate matching hub, are the real ports.
    if (const auto* device = snapshot.device_at(port.place);
        device != nullptr && device->is_hub() && is_part_of_the_board(snapshot, *device)) {
        for (const auto& hub : snapshot.ports.on(port.place.bus()))
            for (const auto& below : *hub)
                if (port.place.contains(below.place) &&
                    below.place.ports().size() == port.place.ports().size() + 1)
                    add_port(search, controller, below);
        return;
    }
    const UsbPlace usb2{.controller = controller.address, .superspeed = false, .ports = port.place.ports()};
    if (is_named(search, usb2)) return;
    auto places = std::vector{port.place};
    const auto half = topology::other_half_of(snapshot, usb2);
    if (half && half->by_firmware)
        if (const auto path = topology::path_of(snapshot, half->place)) places.push_back(*path);
    const auto by = why_a_socket(snapshot, port.place, places);
    if (!by) return;
    FoundSocket socket{.spec = {}, .by = *by, .usb2 = usb2};
    add_place(snapshot, socket.spec, usb2);
    if (half && half->by_firmware)
        add_place(snapshot, socket.spec, half->place);
    else if (half)
        socket.guessed = half->place;
    add_socket(search, std::move(socket), port.place, places);
}

void add_sockets_of_controllers(Search& search)
{
    for (const auto& controller : search.snapshot.controllers) {
        const auto* bus = controller.is_driven_by_host() ? controller.usb2_bus() : nullptr;
        if (bus == nullptr) continue;
        for (const auto& hub : search.snapshot.ports.on(bus->number))
            for (const auto& port : *hub)
                if (port.place.ports().size() == 1) add_port(search, controller, port);
    }
}

} // namespace

std::vector<FoundSocket> found_sockets(const topology::Snapshot& snapshot,
                                       const std::vector<topology::ConnectorSpec>& named,
                                       const Panels& panels)
{
    Search search{.snapshot = snapshot, .named = named, .panels = panels};
    const auto mux = route::find_mux(snapshot);
    if (mux && moves_something(*mux))
        add_sockets_of_mux(search, *mux);
    else
        add_sockets_of_controllers(search);
    return std::move(search.found);
}

bool moves_something(const route::Mux& mux)
{
    return std::ranges::any_of(mux.family->routes,
                               [&](const chips::BitRoute& route) { return can_move(mux, route); });
}

} // namespace usbroute::map
