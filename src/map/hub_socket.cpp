// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "map/hub_socket.hpp"

#include "base/text.hpp"
#include "route/wiring.hpp"
#include "topology/halves.hpp"
#include "topology/named_hub.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::map {

using topology::ConnectorSpec;
using topology::Device;
using topology::HubSpec;
using topology::PortPath;
using topology::Snapshot;

namespace {

constexpr std::size_t longest_plain_serial = 126; // characters of a string descriptor (USB 2.0, 9.6.7)

PortPath above(const PortPath& place)
{
    const auto& ports = place.ports();
    return {place.bus(), {ports.begin(), ports.end() - 1}};
}

std::vector<std::uint8_t> ports_below(const PortPath& hub, const PortPath& place)
{
    return {place.ports().begin() + std::ssize(hub.ports()), place.ports().end()};
}

HubSpec spec_of(const Snapshot& snapshot, const Device& hub)
{
    HubSpec spec{.name = {}, .id = {.vendor = hub.vendor, .product = hub.product}};
    if (const auto* controller = snapshot.pci_controller_of_bus(hub.path.bus()))
        spec.at = topology::UsbPlace{
            .controller = controller->address, .superspeed = false, .ports = hub.path.ports()};
    return spec;
}

/// Wires of the mux move everything behind them, a hub's sockets too.
bool is_behind_the_mux(const Snapshot& snapshot, const Sighting& sighting)
{
    const auto mux = route::find_mux(snapshot);
    if (!mux) return false;
    const auto* controller = snapshot.pci_controller_of_bus(sighting.device->path.bus());
    return sighting.bit || sighting.superspeed_port || controller == nullptr ||
           controller->address == mux->xhci->address || controller->kind == topology::ControllerKind::ehci;
}

/// The hub above a device that a person can have plugged in. Of two of one model in a row, in one case, the upper one.
const Device* loose_hub_above(const Snapshot& snapshot, const PortPath& place)
{
    const Device* found = nullptr;
    for (auto at = place; at.ports().size() > 1;) {
        at = above(at);
        const auto* hub = snapshot.device_at(at);
        const bool is_next =
            hub != nullptr && !is_part_of_the_board(snapshot, *hub) &&
            (found == nullptr || (hub->vendor == found->vendor && hub->product == found->product));
        if (!is_next) break;
        found = hub;
    }
    return found;
}

/// Of a hub that was seen with SuperSpeed: the hub in the other half of its socket, as `look_for` pairs them.
std::optional<PortPath> usb2_half_of(const Snapshot& snapshot, const Device& hub,
                                     const std::vector<ConnectorSpec>& pairs)
{
    if (!hub.speed.is_superspeed()) return hub.path;
    for (const auto& device : snapshot.devices)
        if (device->is_hub() && !device->speed.is_superspeed() &&
            look_for(snapshot, spec_of(snapshot, *device), pairs).superspeed == hub.path)
            return device->path;
    return std::nullopt;
}

} // namespace

std::string HubSocket::port_text() const { return PortPath(1, ports).text().substr(2); }

std::vector<ConnectorSpec> located_specs(const Snapshot& snapshot, const config::Settings& settings)
{
    auto specs = settings.specs();
    for (auto& spec : specs) topology::locate(snapshot, spec);
    return specs;
}

std::optional<HubSocket> hub_socket_of(const Snapshot& snapshot, const Sighting& sighting,
                                       const config::Settings& settings)
{
    const auto& place = sighting.device->path;
    if (is_behind_the_mux(snapshot, sighting)) return std::nullopt;
    const auto pairs = located_specs(snapshot, settings);

    std::optional<HubSocket> nearest;
    for (const auto& named : settings.hubs) {
        const auto hub = look_for(snapshot, named.spec, pairs);
        for (const auto& half : std::array{hub.usb2, hub.superspeed}) {
            if (!half || *half == place || !half->contains(place)) continue;
            auto ports = ports_below(*half, place);
            if (nearest && nearest->ports.size() <= ports.size()) continue;
            nearest = HubSocket{.name = named.spec.name,
                                .hub = hub.usb2,
                                .ports = std::move(ports),
                                .shown = topology::shown(named.spec)};
        }
    }
    if (nearest) return nearest;

    const auto* hub = loose_hub_above(snapshot, place);
    if (hub == nullptr) return std::nullopt;
    return HubSocket{.name = {},
                     .hub = usb2_half_of(snapshot, *hub, pairs),
                     .ports = ports_below(hub->path, place),
                     .shown = hub->shown()};
}

std::optional<HubToName> hub_to_name(const Snapshot& snapshot, const PortPath& hub)
{
    const auto* device = snapshot.device_at(hub);
    if (device == nullptr) return std::nullopt;
    HubToName found{.spec = spec_of(snapshot, *device), .others = {}, .serial = {}, .at = {}};
    if (const auto place = std::exchange(found.spec.at, std::nullopt))
        found.at = topology::lasting_form(snapshot, std::get<topology::UsbPlace>(*place));
    if (look_for(snapshot, found.spec, {}).usb2 == hub) return found;
    for (const auto& other : snapshot.devices)
        if (other->path != hub && other->is_hub() && !other->speed.is_superspeed() &&
            other->vendor == device->vendor && other->product == device->product &&
            !hub.contains(other->path))
            found.others.push_back(other->path.text());
    auto by_serial = found.spec;
    by_serial.serial = device->serial;
    // What a person could not type again, and what no configuration can hold, tells nothing apart.
    const bool is_plain = !device->serial.empty() && device->serial.size() <= longest_plain_serial &&
                          printable(device->serial, longest_plain_serial) == device->serial;
    if (is_plain && look_for(snapshot, by_serial, {}).usb2 == hub) found.serial = device->serial;
    return found;
}

} // namespace usbroute::map
