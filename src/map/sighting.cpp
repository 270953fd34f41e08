// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "map/sighting.hpp"

#include "base/format.hpp"
#include "route/wiring.hpp"
#include "topology/halves.hpp"

#include <algorithm>
#include <array>

namespace usbroute::map {

using route::Mux;
using topology::Connector;
using topology::ConnectorSpec;
using topology::Device;
using topology::PortPath;
using topology::Side;
using topology::Snapshot;
using topology::UsbPlace;

namespace {

constexpr std::uint8_t hub_class = 9;
constexpr std::uint8_t hid_class = 3;

bool is_the_same(const Device& one, const Device& other)
{
    return one.vendor == other.vendor && one.product == other.product && one.serial == other.serial;
}

/// What was not there before, and not below something else that was not.
std::vector<std::shared_ptr<const Device>> arrivals(const Snapshot& before, const Snapshot& now)
{
    std::vector<std::shared_ptr<const Device>> found;
    for (const auto& device : now.devices) {
        const auto* old = before.device_at(device->path);
        if (old != nullptr && is_the_same(*old, *device)) continue;
        if (!found.empty() && found.back()->path.contains(device->path)) continue;
        found.push_back(device);
    }
    return found;
}

bool is_built_in(const Snapshot& snapshot, const Device& device)
{
    const auto* port = port_at(snapshot, device.path);
    return !device.removable || (port != nullptr && port->connect_type == "hardwired");
}

/// What speaks for several input devices at once and calls itself so. A guess, which only decides what is offered.
bool is_receiver(const Device& device)
{
    constexpr std::array<std::string_view, 4> words{"receiver", "dongle", "wireless", "2.4g"};
    const auto inputs = std::ranges::count(device.interfaces, hid_class, &topology::Interface::device_class);
    auto name = device.product_name;
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return inputs > 1 && std::ranges::any_of(words, [&](std::string_view word) {
               return name.find(word) != std::string::npos;
           });
}

/// The hub that the device is behind, when that is no part of the board: not a root hub, not Intel's rate
/// matching hub.
std::string hub_above(const Snapshot& snapshot, const Device& device, bool is_a_socket_of_the_mux)
{
    const auto& ports = device.path.ports();
    if (is_a_socket_of_the_mux || ports.size() < 2) return {};
    const PortPath above(device.path.bus(), {ports.begin(), ports.end() - 1});
    const auto* hub = snapshot.device_at(above);
    return hub == nullptr ? above.text() : hub->shown();
}

void place_on_mux(const Snapshot& snapshot, const Mux& mux, Sighting& sighting)
{
    const auto& path = sighting.device->path;
    if (sighting.superspeed && path.ports().size() == 1 &&
        mux.xhci->address == sighting.superspeed->controller) {
        sighting.superspeed_port = chips::SuperSpeedPort{path.ports().front()};
        return;
    }
    for (const auto& spec : route::unnamed_connectors(*mux.family, {})) {
        const auto connector = route::look_at(snapshot, mux, spec);
        const bool on_xhci = connector.place_on(Side::xhci) == path;
        if (!on_xhci && connector.place_on(Side::ehci) != path) continue;
        sighting.bit = spec.bit;
        sighting.side = on_xhci ? Side::xhci : Side::ehci;
        return;
    }
}

Sighting sighting_of(const Snapshot& snapshot, const std::optional<Mux>& mux,
                     std::shared_ptr<const Device> device)
{
    Sighting sighting;
    if (const auto* controller = snapshot.pci_controller_of_bus(device->path.bus())) {
        const bool superspeed = device->speed.is_superspeed();
        const UsbPlace place{
            .controller = controller->address, .superspeed = superspeed, .ports = device->path.ports()};
        (superspeed ? sighting.superspeed : sighting.usb2) = place;
    }
    sighting.built_in = is_built_in(snapshot, *device);
    sighting.receiver = is_receiver(*device);
    sighting.device = std::move(device);
    if (mux) place_on_mux(snapshot, *mux, sighting);
    sighting.hub = hub_above(snapshot, *sighting.device,
                             sighting.bit.has_value() || sighting.superspeed_port.has_value());
    return sighting;
}

/// Intel's hub on the first port of each EHCI (8087:0020, :0024, :8000, :8001, :8008, :8009; usb.ids).
bool is_rate_matching_hub(const Snapshot& snapshot, const Device& device)
{
    const auto* controller = snapshot.controller_of_bus(device.path.bus());
    return controller != nullptr && controller->kind == topology::ControllerKind::ehci && device.is_hub() &&
           device.vendor == 0x8087 && device.path.ports() == std::vector<std::uint8_t>{1};
}

std::string ehci_port_text(const chips::BitRoute& route)
{
    return route.ehci ? format("#{}.{}", route.ehci->controller, route.ehci->port) : "none";
}

std::string place_text(const Sighting& sighting, const std::optional<Mux>& mux)
{
    if (sighting.superspeed_port && !sighting.bit)
        return format("SuperSpeed port {}", sighting.superspeed_port->value);
    if (sighting.bit && mux) {
        const auto* route = mux->family->route_of(*sighting.bit);
        const auto here = sighting.side == Side::xhci ? format("xHCI port {}", route->xhci_port)
                                                      : format("EHCI port {}", ehci_port_text(*route));
        const auto there = sighting.side == Side::xhci ? format("EHCI port {}", ehci_port_text(*route))
                                                       : format("xHCI port {}", route->xhci_port);
        const auto both = sighting.superspeed_port
                              ? format("; its SuperSpeed half is port {}", sighting.superspeed_port->value)
                              : std::string();
        return format("{}, bit {} of XUSB2PR; twin: {}{}", here, sighting.bit->value, there, both);
    }
    const auto& place = sighting.usb2 ? sighting.usb2 : sighting.superspeed;
    auto text = place ? place->text() : format("bus {}", sighting.device->path.bus());
    if (sighting.usb2 && sighting.superspeed) text += " and " + sighting.superspeed->text();
    if (!sighting.hub.empty()) text += ", behind " + sighting.hub;
    return text;
}

} // namespace

bool is_part_of_the_board(const Snapshot& snapshot, const Device& hub)
{
    return is_built_in(snapshot, hub) || is_rate_matching_hub(snapshot, hub);
}

bool belong_together(const Sighting& one, const Sighting& other)
{
    const auto is_hub = [](const Sighting& s) { return s.device->device_class == hub_class; };
    const bool halves = one.usb2.has_value() != other.usb2.has_value() &&
                        one.superspeed.has_value() != other.superspeed.has_value();
    if (!halves || !is_hub(one) || !is_hub(other) || one.device->vendor != other.device->vendor) return false;
    // The halves of a hub that is itself behind a hub hang on both halves of that one: the same depth.
    return one.device->path.ports().size() == other.device->path.ports().size() || one.side == Side::ehci ||
           other.side == Side::ehci;
}

std::vector<Sighting> sightings(const Snapshot& before, const Snapshot& now)
{
    const auto mux = route::find_mux(now);
    std::vector<Sighting> found;
    for (const auto& device : arrivals(before, now)) {
        auto sighting = sighting_of(now, mux, device);
        const auto half = std::ranges::find_if(
            found, [&](const Sighting& earlier) { return belong_together(earlier, sighting); });
        if (half == found.end()) {
            found.push_back(std::move(sighting));
            continue;
        }
        auto& usb2 = half->usb2 ? *half : sighting;
        const auto& superspeed = half->usb2 ? sighting : *half;
        usb2.superspeed = superspeed.superspeed;
        usb2.superspeed_port = superspeed.superspeed_port;
        if (&usb2 != &*half) *half = std::move(sighting);
    }
    return found;
}

std::vector<Sighting> sightings(const Snapshot& now)
{
    auto empty = now;
    // The rate matching hubs are part of the board, and everything on an EHCI hangs on them.
    empty.devices.erase_if([&](const auto& device) { return !is_rate_matching_hub(now, *device); });
    return sightings(empty, now);
}

std::optional<Pairing> pairing_of(const Snapshot& snapshot, chips::SuperSpeedPort port)
{
    const auto mux = route::find_mux(snapshot);
    if (!mux) return std::nullopt;
    const auto* bus = mux->xhci->superspeed_bus();
    const auto* here = bus == nullptr ? nullptr : port_at(snapshot, PortPath(bus->number, {port.value}));
    if (here == nullptr || !here->peer || here->peer->ports().size() != 1) return std::nullopt;
    const auto* route = mux->family->route_of_xhci_port(here->peer->ports().front());
    if (route == nullptr) return std::nullopt;
    // Without firmware's location the kernel pairs equal numbers (drivers/usb/core/port.c, find_and_link_peer).
    return Pairing{.bit = chips::MuxBit{route->bit}, .by_firmware = here->location != 0};
}

std::string text_of(const Sighting& sighting, const Snapshot& snapshot)
{
    const auto& device = *sighting.device;
    const auto megabit =
        device.speed.kilobit == 1500 ? std::string("1.5") : format("{}", device.speed.kilobit / 1000);
    const auto* remark = sighting.built_in   ? "; built in, says the firmware"
                         : sighting.receiver ? "; a wireless receiver, it seems"
                                             : "";
    return format("{}, {} Mbit/s, on {}{}", device.shown(), megabit,
                  place_text(sighting, route::find_mux(snapshot)), remark);
}

} // namespace usbroute::map
