// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/connector.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::topology {

namespace {

constexpr std::string_view host_word = "host";
constexpr std::string_view parked_word = "none";

} // namespace

std::string_view text_of(const SeatId& id)
{
    if (const auto* side = std::get_if<Side>(&id)) return text_of(*side);
    if (const auto* guest = std::get_if<GuestName>(&id)) return guest->text();
    return std::holds_alternative<Parked>(id) ? parked_word : host_word;
}

std::optional<SeatId> seat_of_word(std::string_view word)
{
    if (word == host_word) return OwnController{};
    if (word == parked_word) return Parked{};
    if (!is_plain_name(word)) return std::nullopt;
    return GuestName(std::string(word));
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

std::vector<std::string> ConnectorSpec::places_told() const
{
    auto told = texts_of(places);
    for (const auto& way : ways) told.push_back(way.text());
    for (const auto& port : on_hubs) told.push_back(port.text());
    return told;
}

std::vector<Key> place_keys(const ConnectorSpec& spec)
{
    if (spec.device) return {*spec.device};
    std::vector<Key> keys(spec.places.begin(), spec.places.end());
    keys.insert(keys.end(), spec.on_hubs.begin(), spec.on_hubs.end());
    return keys;
}

void locate(const Snapshot& snapshot, ConnectorSpec& spec)
{
    for (const auto& way : spec.ways) {
        auto place = located(snapshot, way);
        if (place && std::ranges::find(spec.places, *place) == spec.places.end())
            spec.places.push_back(std::move(*place));
    }
}

const Seat* Connector::seat(const SeatId& id) const
{
    const auto found = std::ranges::find(seats, id, &Seat::id);
    return found == seats.end() ? nullptr : &*found;
}

Seat* Connector::seat(const SeatId& id)
{
    const auto found = std::ranges::find(seats, id, &Seat::id);
    return found == seats.end() ? nullptr : &*found;
}

const PciController* Connector::controller_at(const SeatId& id) const
{
    const auto* found = seat(id);
    return found == nullptr ? nullptr : found->controller;
}

const PciController* Connector::controller_now() const { return at ? controller_at(*at) : nullptr; }

std::optional<Side> Connector::side() const
{
    const auto* side = at ? std::get_if<Side>(&*at) : nullptr;
    return side == nullptr ? std::nullopt : std::optional(*side);
}

std::optional<PortPath> Connector::place_on(Side side) const
{
    const auto* found = seat(side);
    return found == nullptr || found->places.empty() ? std::nullopt : std::optional(found->places.front());
}

std::vector<PortPath> Connector::places_now() const
{
    const auto* now = at ? seat(*at) : nullptr;
    auto places = now == nullptr ? std::vector<PortPath>() : now->places;
    if (superspeed_place) places.push_back(*superspeed_place);
    return places;
}

std::vector<PortPath> Connector::all_places() const
{
    std::vector<PortPath> places;
    for (const auto& one : seats) places.insert(places.end(), one.places.begin(), one.places.end());
    if (superspeed_place) places.push_back(*superspeed_place);
    return places;
}

std::optional<PortPath> path_of(const Snapshot& snapshot, const UsbPlace& place)
{
    const auto* controller = snapshot.controller_at(place.controller);
    if (controller == nullptr) return std::nullopt;
    const auto* bus = place.superspeed ? controller->superspeed_bus() : controller->usb2_bus();
    if (bus == nullptr) return std::nullopt;
    return PortPath(bus->number, place.ports);
}

std::optional<UsbPlace> place_of(const Snapshot& snapshot, const PortPath& path)
{
    const auto* controller = snapshot.pci_controller_of_bus(path.bus());
    if (controller == nullptr) return std::nullopt;
    const auto* superspeed = controller->superspeed_bus();
    return UsbPlace{.controller = controller->address,
                    .superspeed = superspeed != nullptr && superspeed->number == path.bus(),
                    .ports = path.ports()};
}

std::optional<DeviceKey> key_of(const Snapshot& snapshot, const Device& device)
{
    auto place = place_of(snapshot, device.path);
    if (!place) return std::nullopt;
    const auto is_twin = [&](const SharedDevice& other) {
        return other->path != device.path && other->vendor == device.vendor &&
               other->product == device.product && other->serial == device.serial;
    };
    DeviceKey key{.ids = {.vendor = device.vendor, .product = device.product}, .serial = {}, .at = {}};
    if (!device.serial.empty() && std::ranges::none_of(snapshot.devices, is_twin))
        key.serial = device.serial;
    else
        key.at = std::move(place);
    return key;
}

std::optional<PciWay> way_to(const PciController& controller)
{
    std::optional<PciWay> way;
    for (const auto part : split(controller.syspath, '/')) {
        const auto address = PciAddress::parse(part);
        if (!address) continue; // "devices", "pci0000:00"
        if (!way)
            way = PciWay{.root = *address};
        else
            way->below.push_back({.device = address->device, .function = address->function});
    }
    // A directory that is a link's name, "bus/pci/devices/0000:02:00.0", says nothing of what is above.
    const bool is_whole = controller.syspath.find("/pci") != std::string::npos &&
                          controller.syspath.find("bus/pci/") == std::string::npos;
    return is_whole ? way : std::nullopt;
}

std::optional<UsbPlace> located(const Snapshot& snapshot, const WayPlace& place)
{
    const auto found = std::ranges::find_if(snapshot.controllers, [&](const PciController& controller) {
        return way_to(controller) == place.way;
    });
    if (found == snapshot.controllers.end()) return std::nullopt;
    return UsbPlace{.controller = found->address, .superspeed = place.superspeed, .ports = place.ports};
}

std::optional<UsbPlace> located(const Snapshot& snapshot, const ToldPlace& place)
{
    if (const auto* by_address = std::get_if<UsbPlace>(&place)) return *by_address;
    return located(snapshot, std::get<WayPlace>(place));
}

std::optional<SeatId> seat_by_devices(const Snapshot& snapshot, const Connector& connector)
{
    std::optional<SeatId> found;
    for (const auto& seat : connector.seats) {
        const bool has_device = std::ranges::any_of(
            seat.places, [&](const PortPath& place) { return !snapshot.devices_below(place).empty(); });
        if (!has_device) continue;
        if (found) return std::nullopt;
        found = seat.id;
    }
    return found;
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
