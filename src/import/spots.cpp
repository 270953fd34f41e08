// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/spots.hpp"

#include "map/sighting.hpp"
#include "route/wiring.hpp"
#include "topology/connector.hpp"
#include "topology/halves.hpp"

#include <algorithm>

namespace usbroute::import_ {

using topology::ConnectorSpec;
using topology::PortPath;
using topology::Side;
using topology::UsbPlace;

bool Spot::is_same(const Spot& other) const
{
    if (unpaired || other.unpaired) return unpaired == other.unpaired;
    if (bit || other.bit) return bit == other.bit && behind == other.behind;
    return std::ranges::any_of(places, [&](const UsbPlace& place) {
        return std::ranges::find(other.places, place) != other.places.end();
    });
}

Spots::Spots(const topology::Snapshot& snapshot, const config::Settings& settings)
    : snapshot_(snapshot), settings_(settings), mux_(route::find_mux(snapshot))
{}

Spot Spots::of(const UsbPlace& place) const
{
    Spot spot;
    const auto path = topology::path_of(snapshot_, place);
    if (mux_ && path) {
        const auto& family = *mux_->family;
        const auto& ports = place.ports;
        const bool on_xhci = place.controller == mux_->xhci->address;
        if (on_xhci && place.superspeed) {
            const chips::SuperSpeedPort port{ports.front()};
            const auto pair = map::pairing_of(snapshot_, port);
            if (pair && pair->by_firmware) spot.bit = pair->bit;
            for (const auto& connector : settings_.connectors)
                if (connector.spec.superspeed == port && connector.spec.bit) spot.bit = connector.spec.bit;
            if (!spot.bit && port.value <= family.superspeed_ports()) spot.unpaired = port;
            spot.behind.assign(ports.begin() + 1, ports.end());
            if (spot.bit || spot.unpaired) return spot;
            spot.behind.clear();
        } else if (place.controller.bus == mux_->xhci->address.bus) {
            auto specs = settings_.specs();
            std::erase_if(specs, [](const ConnectorSpec& spec) { return !spec.bit; });
            for (auto& spec : route::unnamed_connectors(family, specs)) specs.push_back(std::move(spec));
            for (const auto& spec : specs) {
                const auto connector = route::look_at(snapshot_, mux_, spec);
                for (const auto side : {Side::xhci, Side::ehci}) {
                    const auto there = connector.place_on(side);
                    if (!there || !there->contains(*path)) continue;
                    spot.bit = spec.bit;
                    spot.behind.assign(path->ports().begin() +
                                           static_cast<std::ptrdiff_t>(there->ports().size()),
                                       path->ports().end());
                    return spot;
                }
            }
        }
    }
    spot.places.push_back(place);
    if (const auto other = topology::other_half_of(snapshot_, place)) {
        spot.added = other->place;
        spot.added_by = other->said();
        spot.places.insert(place.superspeed ? spot.places.begin() : spot.places.end(), other->place);
    }
    return spot;
}

const config::ConnectorSettings* Spots::known(const Spot& spot) const
{
    for (const auto& connector : settings_.connectors) {
        if (spot.bit) {
            if (connector.spec.bit == spot.bit && spot.behind.empty()) return &connector;
            continue;
        }
        auto spec = connector.spec;
        topology::locate(snapshot_, spec);
        for (const auto& place : spec.places)
            if (std::ranges::find(spot.places, place) != spot.places.end()) return &connector;
    }
    return nullptr;
}

config::ConnectorSettings Spots::connector(const Spot& spot) const
{
    config::ConnectorSettings made;
    if (const auto* has = known(spot)) made = *has;
    if (!spot.bit) {
        made.spec.places = spot.places;
        made.spec.ways.clear();
        return made;
    }
    if (made.spec.bit) return made;
    made.spec.bit = spot.bit;
    const auto* route = mux_ ? mux_->family->route_of(*spot.bit) : nullptr;
    if (route == nullptr) return made;
    const UsbPlace slow{.controller = mux_->xhci->address, .superspeed = false, .ports = {route->xhci_port}};
    const auto other = topology::other_half_of(snapshot_, slow);
    if (other && other->by_firmware && other->place.ports.size() == 1 &&
        other->place.ports.front() <= mux_->family->superspeed_ports())
        made.spec.superspeed = chips::SuperSpeedPort{other->place.ports.front()};
    return made;
}

} // namespace usbroute::import_
