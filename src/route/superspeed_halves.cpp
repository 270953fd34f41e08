// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "route/superspeed_halves.hpp"

#include "base/format.hpp"
#include "route/wiring.hpp"

#include <algorithm>

namespace usbroute::route {

namespace {

bool is_anybodys(const Mux& mux, std::uint8_t port, const std::vector<topology::ConnectorSpec>& all)
{
    return std::ranges::any_of(all, [&](const topology::ConnectorSpec& spec) {
        if (spec.superspeed && spec.superspeed->value == port) return true;
        return std::ranges::any_of(spec.places, [&](const topology::UsbPlace& place) {
            return place.superspeed && place.controller == mux.xhci->address && place.ports.front() == port;
        });
    });
}

} // namespace

std::string LooseSuperSpeed::text() const
{
    return format("{} is in SuperSpeed port {}, which no connector has", device->shown(), port.value);
}

std::vector<LooseSuperSpeed> loose_superspeed(const topology::Snapshot& snapshot, const Mux& mux,
                                              const std::vector<topology::ConnectorSpec>& all)
{
    std::vector<LooseSuperSpeed> loose;
    const auto* bus = mux.xhci->superspeed_bus();
    if (bus == nullptr) return loose;
    for (const auto& device : snapshot.devices.on(bus->number)) {
        const auto& ports = device->path.ports();
        if (ports.size() != 1 || ports.front() > mux.family->superspeed_ports() || !device->removable ||
            is_anybodys(mux, ports.front(), all))
            continue;
        loose.push_back({.device = *device, .port = {ports.front()}});
    }
    return loose;
}

std::optional<topology::UnknownHalf> unknown_superspeed(const topology::Snapshot& snapshot,
                                                        const std::optional<Mux>& mux,
                                                        const topology::ConnectorSpec& spec,
                                                        const std::vector<topology::ConnectorSpec>& all)
{
    const auto* wiring = spec.superspeed ? nullptr : wiring_of(mux, spec);
    if (wiring == nullptr) return std::nullopt;
    const topology::UsbPlace usb2{
        .controller = mux->xhci->address, .superspeed = false, .ports = {wiring->xhci_port}};
    auto half = topology::other_half_of(snapshot, usb2);
    if (!half || !half->by_firmware || half->place.ports.front() > mux->family->superspeed_ports() ||
        is_anybodys(*mux, half->place.ports.front(), all))
        return std::nullopt;
    return topology::UnknownHalf{.superspeed = true, .told = std::move(half)};
}

} // namespace usbroute::route
