// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/needed_nodes.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

namespace usbroute::plan {

namespace {

using Ports = NeededNodes::Ports;
using topology::PortPath;

bool is_at_or_below(const Ports& ports, const Ports& place)
{
    return ports.size() >= place.size() && std::ranges::equal(place, std::span(ports).first(place.size()));
}

void sort_once(auto& list)
{
    std::ranges::sort(list);
    const auto twice = std::ranges::unique(list);
    list.erase(twice.begin(), twice.end());
}

/// A place takes along what is below it.
void leave_out_what_is_below(auto& needed)
{
    const auto places = needed.places;
    const auto has_along = [&](const Ports& ports, bool itself) {
        return std::ranges::any_of(places, [&](const Ports& place) {
            return is_at_or_below(ports, place) && (itself || ports != place);
        });
    };
    std::erase_if(needed.hubs, [&](const Ports& hub) { return has_along(hub, true); });
    std::erase_if(needed.places, [&](const Ports& place) { return has_along(place, false); });
}

/// A place below a root hub or a hub of a name, and the hubs on the way.
void add_chain(const Ports& ports, auto& needed)
{
    needed.places.push_back(ports);
    for (std::size_t depth = 1; depth < ports.size(); ++depth)
        needed.hubs.emplace_back(ports.begin(), ports.begin() + static_cast<std::ptrdiff_t>(depth));
}

void put_in_order(auto& needed)
{
    sort_once(needed.hubs);
    sort_once(needed.places);
    sort_once(needed.connectors);
    leave_out_what_is_below(needed);
}

PortPath continued_by(PortPath place, const Ports& ports)
{
    for (const auto port : ports) place = place.child(port);
    return place;
}

void add_if_numbered(std::vector<NumberedPath>& there, const topology::Device* device)
{
    if (device != nullptr && device->number != 0) there.push_back({device->path, device->number});
}

/// The kernel gives a root hub the first number of its bus (drivers/usb/core/hcd.c, register_root_hub).
constexpr std::uint8_t number_of_root_hub = 1;

} // namespace

std::vector<NeededNodes> needed_nodes(const Board& board)
{
    std::map<std::pair<PciAddress, bool>, NeededNodes> by_bus;
    for (const auto& connector : board.connectors) {
        if (means_of(connector) != Means::attach) continue;
        for (const auto& place : connector.spec.places) {
            auto& needed = by_bus[{place.controller, place.superspeed}];
            needed.controller = place.controller;
            needed.superspeed = place.superspeed;
            needed.connectors.push_back(connector.spec.name);
            add_chain(place.ports, needed);
            for (const auto& way : connector.spec.ways)
                if (way.superspeed == place.superspeed && way.ports == place.ports) needed.way = way.way;
        }
    }
    std::vector<NeededNodes> all;
    for (auto& [bus, needed] : by_bus) {
        put_in_order(needed);
        all.push_back(std::move(needed));
    }
    return all;
}

std::vector<NeededHub> needed_hubs(const topology::Snapshot& snapshot, const Board& board)
{
    std::vector<NeededHub> all;
    for (const auto& hub : board.hubs) {
        NeededHub needed{.hub = hub, .superspeed_id = {}, .hubs = {}, .places = {}, .connectors = {}};
        for (const auto& connector : board.connectors) {
            if (means_of(connector) != Means::attach) continue;
            for (const auto& place : connector.spec.on_hubs) {
                if (place.hub != hub.spec.name) continue;
                needed.connectors.push_back(connector.spec.name);
                add_chain(place.ports, needed);
            }
        }
        if (needed.places.empty()) continue;
        if (const auto* twin = hub.superspeed ? snapshot.device_at(*hub.superspeed) : nullptr)
            needed.superspeed_id = UsbIds{.vendor = twin->vendor, .product = twin->product};
        put_in_order(needed);
        all.push_back(std::move(needed));
    }
    return all;
}

std::vector<NumberedPath> those_there(const NeededNodes& needed, const topology::Snapshot& snapshot)
{
    const auto* controller = snapshot.controller_at(needed.controller);
    if (controller == nullptr) return {};
    const auto* bus = needed.superspeed ? controller->superspeed_bus() : controller->usb2_bus();
    if (bus == nullptr) return {};
    std::vector<NumberedPath> there{{topology::PortPath(bus->number, {}), number_of_root_hub}};
    for (const auto& ports : needed.hubs) {
        const auto* device = snapshot.device_at(topology::PortPath(bus->number, ports));
        if (device != nullptr && device->is_hub()) add_if_numbered(there, device);
    }
    for (const auto& ports : needed.places)
        for (const auto* device : snapshot.devices_below(topology::PortPath(bus->number, ports)))
            add_if_numbered(there, device);
    return there;
}

std::vector<NumberedPath> those_there(const NeededHub& needed, const topology::Snapshot& snapshot)
{
    std::vector<NumberedPath> there;
    for (const auto& half : {needed.hub.usb2, needed.hub.superspeed}) {
        if (!half) continue;
        add_if_numbered(there, snapshot.device_at(*half));
        for (const auto& ports : needed.hubs) {
            const auto* device = snapshot.device_at(continued_by(*half, ports));
            if (device != nullptr && device->is_hub()) add_if_numbered(there, device);
        }
        for (const auto& ports : needed.places)
            for (const auto* device : snapshot.devices_below(continued_by(*half, ports)))
                add_if_numbered(there, device);
    }
    return there;
}

} // namespace usbroute::plan
