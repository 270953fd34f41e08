// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/halves.hpp"

#include <algorithm>

namespace usbroute::topology {

namespace {

bool is_of_another(const Snapshot& snapshot, const UsbPlace& place, const ConnectorName& own,
                   const std::vector<ConnectorSpec>& all)
{
    return std::ranges::any_of(all, [&](const ConnectorSpec& other) {
        if (other.name == own) return false;
        auto there = other;
        locate(snapshot, there);
        return std::ranges::find(there.places, place) != there.places.end();
    });
}

bool is_hardwired(const Snapshot& snapshot, const UsbPlace& place)
{
    const auto path = path_of(snapshot, place);
    const auto* port = path ? port_at(snapshot, *path) : nullptr;
    return port != nullptr && port->connect_type == "hardwired";
}

} // namespace

const HubPort* port_at(const Snapshot& snapshot, const PortPath& place)
{
    for (const auto& hub : snapshot.ports.on(place.bus()))
        for (const auto& port : *hub)
            if (port.place == place) return &port;
    return nullptr;
}

std::optional<OtherHalf> other_half_of(const Snapshot& snapshot, const UsbPlace& place)
{
    const auto path = path_of(snapshot, place);
    const auto* port = path ? port_at(snapshot, *path) : nullptr;
    if (port == nullptr || !port->peer) return std::nullopt;
    const auto* controller = snapshot.pci_controller_of_bus(port->peer->bus());
    if (controller == nullptr || controller->address != place.controller || port->peer->bus() == path->bus())
        return std::nullopt;
    const auto* peer = port_at(snapshot, *port->peer);
    if (peer != nullptr && peer->connect_type == "not used") return std::nullopt;
    return OtherHalf{.place = {.controller = place.controller,
                               .superspeed = !place.superspeed,
                               .ports = port->peer->ports()},
                     .by_firmware = port->location != 0};
}

std::string_view OtherHalf::said() const
{
    return by_firmware ? "firmware says" : "the kernel guesses, from equal numbers,";
}

std::string_view UnknownHalf::name() const { return superspeed ? "SuperSpeed half" : "USB 2 half"; }

std::string_view UnknownHalf::left_behind() const
{
    return superspeed ? "a USB 3 device" : "a device that is not USB 3, such as a keyboard,";
}

std::string_view UnknownHalf::what_to_plug() const
{
    return superspeed ? "plug a USB 3 stick" : "plug a USB 2 stick, a keyboard or a mouse";
}

bool names_half(const ConnectorSpec& spec, bool superspeed)
{
    const auto is_of_it = [&](const auto& place) { return place.superspeed == superspeed; };
    return std::ranges::any_of(spec.places, is_of_it) || std::ranges::any_of(spec.ways, is_of_it);
}

bool names_one_half(const ConnectorSpec& spec)
{
    return !spec.bit && !spec.behind && spec.on_hubs.empty() &&
           names_half(spec, true) != names_half(spec, false);
}

std::optional<UnknownHalf> unknown_half(const Snapshot& snapshot, const ConnectorSpec& spec,
                                        const std::vector<ConnectorSpec>& all)
{
    if (!names_one_half(spec)) return std::nullopt;
    const bool has_superspeed = names_half(spec, true);
    auto here = spec;
    locate(snapshot, here);
    for (const auto& place : here.places) {
        // A port of a hub has its other half through the hub, and is better named by it.
        if (place.ports.size() != 1) continue;
        const auto* controller = snapshot.controller_at(place.controller);
        if (controller == nullptr || controller->usb2_bus() == nullptr ||
            controller->superspeed_bus() == nullptr || is_hardwired(snapshot, place))
            continue;
        const auto told = other_half_of(snapshot, place);
        if (told && !is_of_another(snapshot, told->place, spec.name, all))
            return UnknownHalf{.superspeed = !has_superspeed, .told = told};
        // Every socket with SuperSpeed wires has USB 2 wires beside them (USB 3.2, 3.1), whoever knows where they end.
        if (has_superspeed) return UnknownHalf{.superspeed = false, .told = {}};
    }
    return std::nullopt;
}

ToldPlace lasting_form(const Snapshot& snapshot, const UsbPlace& place)
{
    const auto* controller = snapshot.controller_at(place.controller);
    const auto way = controller == nullptr ? std::nullopt : way_to(*controller);
    // On a root bus both forms say the same.
    if (!way || way->below.empty()) return place;
    return WayPlace{.way = *way, .superspeed = place.superspeed, .ports = place.ports};
}

} // namespace usbroute::topology
