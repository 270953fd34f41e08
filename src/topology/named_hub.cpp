// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/named_hub.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "topology/halves.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::topology {

namespace {

using Ports = std::vector<std::uint8_t>;

bool has_ids(const Device& device, const UsbIds& ids)
{
    return device.vendor == ids.vendor && device.product == ids.product;
}

/// `place`, by the same ports further down.
PortPath continued(PortPath place, auto first, auto last)
{
    for (; first != last; ++first) place = place.child(*first);
    return place;
}

/// What somebody has said: the SuperSpeed half of the connector in whose USB 2 half the place is.
std::optional<PortPath> twin_by_connectors(const Snapshot& snapshot, const PortPath& place,
                                           const std::vector<ConnectorSpec>& connectors)
{
    for (const auto& connector : connectors) {
        std::optional<PortPath> usb2;
        std::optional<PortPath> superspeed;
        for (const auto& half : connector.places) {
            const auto path = path_of(snapshot, half);
            if (path && half.superspeed && !superspeed) superspeed = path;
            if (path && !half.superspeed && path->contains(place)) usb2 = path;
        }
        if (!usb2 || !superspeed) continue;
        const auto& ports = place.ports();
        return continued(*superspeed, ports.begin() + std::ssize(usb2->ports()), ports.end());
    }
    return std::nullopt;
}

/// What the kernel says of the nearest port on the way up that it has paired; below that, both halves have the same port numbers.
std::optional<PortPath> twin_by_peer(const Snapshot& snapshot, const PortPath& place)
{
    const auto& ports = place.ports();
    for (auto depth = std::ssize(ports); depth > 0; --depth) {
        const auto above = PortPath(place.bus(), Ports(ports.begin(), ports.begin() + depth));
        const auto* port = port_at(snapshot, above);
        if (port != nullptr && port->peer) return continued(*port->peer, ports.begin() + depth, ports.end());
    }
    return std::nullopt;
}

/// Without firmware's word the kernel guesses which ports are one socket (drivers/usb/core/port.c, find_and_link_peer). The two
/// halves of a hub come from one maker, so a hub of another one is no half of this.
bool is_other_half(const Device* device, const UsbIds& ids)
{
    return device != nullptr && device->is_hub() && device->speed.is_superspeed() &&
           device->vendor == ids.vendor;
}

std::optional<PortPath> superspeed_half(const Snapshot& snapshot, const PortPath& usb2, const UsbIds& ids,
                                        const std::vector<ConnectorSpec>& pairs)
{
    auto told = twin_by_connectors(snapshot, usb2, pairs);
    if (!told) told = twin_by_peer(snapshot, usb2);
    return told && is_other_half(snapshot.device_at(*told), ids) ? told : std::nullopt;
}

/// Many hubs with seven ports are two of one model in a row, in one case: the upper one stands for both.
void leave_out_what_is_below_another(std::vector<const Device*>& hubs)
{
    const auto all = hubs;
    std::erase_if(hubs, [&](const Device* hub) {
        return std::ranges::any_of(
            all, [&](const Device* other) { return other != hub && other->path.contains(hub->path); });
    });
}

std::string shown_places(const std::vector<const Device*>& devices)
{
    return join(texts_of(devices, [](const Device* device) { return device->path.text(); }), " and ");
}

/// Of the same ids, or a half of the wrong kind: what somebody may have meant.
std::string why_no_hub(const Snapshot& snapshot, const HubSpec& hub)
{
    for (const auto& device : snapshot.devices)
        if (has_ids(*device, hub.id) && device->is_hub() && device->speed.is_superspeed())
            return format("{} is at {} with its SuperSpeed half alone; id is that of its USB 2 half",
                          shown(hub), device->path.text());
    for (const auto& device : snapshot.devices)
        if (has_ids(*device, hub.id) && !device->is_hub())
            return format("the hub {} is not plugged in, and what has this id at {} is no hub", shown(hub),
                          device->path.text());
    const bool is_any_out_of_sight = std::ranges::any_of(
        snapshot.controllers, [](const PciController& one) { return one.is_given_away(); });
    return format("the hub {} is not plugged in{}", shown(hub),
                  is_any_out_of_sight ? ", or is on a controller that a guest has" : "");
}

} // namespace

std::string shown(const HubSpec& hub) { return format("{} ({})", hub.name.text(), hub.id.text()); }

NamedHub look_for(const Snapshot& snapshot, const HubSpec& hub, const std::vector<ConnectorSpec>& pairs)
{
    std::vector<const Device*> of_the_model;
    for (const auto& device : snapshot.devices)
        if (has_ids(*device, hub.id) && device->is_hub() && !device->speed.is_superspeed())
            of_the_model.push_back(device.get());
    auto meant = of_the_model;
    if (!hub.serial.empty())
        std::erase_if(meant, [&](const Device* device) { return device->serial != hub.serial; });
    if (hub.at) {
        const auto place = located(snapshot, *hub.at);
        const auto path = place ? path_of(snapshot, *place) : std::nullopt;
        std::erase_if(meant, [&](const Device* device) { return device->path != path; });
    }
    leave_out_what_is_below_another(meant);
    NamedHub found{.spec = hub, .usb2 = {}, .superspeed = {}};
    if (meant.size() > 1) {
        found.why_not = format("{} could be the hub at {}, so neither is; serial or at tells them apart",
                               shown(hub), shown_places(meant));
    } else if (meant.empty() && !of_the_model.empty()) {
        found.why_not = format("the hub {} is not plugged in{}; what is at {} is of the same model",
                               shown(hub), hub.at ? " at " + text_of(*hub.at) : " with this serial number",
                               shown_places(of_the_model));
    } else if (meant.empty()) {
        found.why_not = why_no_hub(snapshot, hub);
    } else {
        found.usb2 = meant.front()->path;
        found.superspeed = superspeed_half(snapshot, *found.usb2, hub.id, pairs);
    }
    return found;
}

void put_on_hubs(Connector& connector, const Snapshot& snapshot, const std::vector<NamedHub>& hubs)
{
    Seat seat{.id = OwnController{}};
    std::string why_not;
    for (const auto& place : connector.spec.on_hubs) {
        const auto found =
            std::ranges::find(hubs, place.hub, [](const NamedHub& hub) { return hub.spec.name; });
        if (found == hubs.end()) continue; // the configuration was not checked
        if (!found->usb2) {
            why_not = found->why_not;
            continue;
        }
        for (const auto& half : {found->usb2, found->superspeed})
            if (half) seat.places.push_back(continued(*half, place.ports.begin(), place.ports.end()));
        if (seat.controller == nullptr) seat.controller = snapshot.pci_controller_of_bus(found->usb2->bus());
    }
    if (seat.places.empty()) connector.missing = std::move(why_not);
    connector.seats = {std::move(seat)};
    connector.at = OwnController{};
}

} // namespace usbroute::topology
