// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/old_buses.hpp"

#include "base/format.hpp"
#include "import/told_devices.hpp"

#include <algorithm>

namespace usbroute::import_ {

using topology::Device;
using topology::PciController;
using topology::PortPath;
using topology::Snapshot;

namespace {

void learn(OldBuses& buses, std::uint16_t bus, OldBus told)
{
    const auto [known, is_new] = buses.emplace(bus, told);
    if (is_new) return;
    if (known->second.controller != told.controller) known->second.is_disputed = true;
    if (!known->second.superspeed) known->second.superspeed = told.superspeed;
}

/// The one device that a file expects at some ports, where that is on another bus than it says.
const Device* expected_elsewhere(const Snapshot& snapshot, const ToldSocket& socket,
                                 const ToldDevice& expected)
{
    if (!socket.bus || !expected.id()) return nullptr;
    const auto* here = snapshot.device_at(PortPath(*socket.bus, socket.ports));
    if (here != nullptr && is_device(*here, expected)) return nullptr;
    const Device* found = nullptr;
    for (const auto& device : snapshot.devices) {
        if (!is_device(*device, expected) || device->path.ports() != socket.ports) continue;
        if (found != nullptr) return nullptr;
        found = device.get();
    }
    return found;
}

/// An xHCI has two buses in a row, that of the USB 2 halves first (drivers/usb/host/xhci-pci.c adds them in this order).
void learn_pairs(const Snapshot& snapshot, OldBuses& buses)
{
    const auto told = buses;
    for (const auto& [bus, one] : told) {
        const auto* controller = snapshot.controller_at(one.controller);
        if (controller == nullptr) continue;
        const bool has_both = controller->usb2_bus() != nullptr && controller->superspeed_bus() != nullptr;
        if (!has_both) {
            buses[bus].superspeed = false;
            continue;
        }
        const auto next = told.find(static_cast<std::uint16_t>(bus + 1));
        if (next != told.end() && next->second.controller == one.controller) {
            buses[bus].superspeed = false;
            buses[next->first].superspeed = true;
        } else if (one.superspeed) {
            const auto other = static_cast<std::uint16_t>(*one.superspeed ? bus - 1 : bus + 1);
            if (other == 0 || told.contains(other)) continue;
            auto pair = one;
            pair.superspeed = !*one.superspeed;
            buses.emplace(other, pair);
        }
    }
}

std::optional<OldBus> bus_by_way(const Snapshot& snapshot, const Entry& entry)
{
    const auto now = controller_of_way(snapshot, *entry.socket);
    if (now.controller == nullptr) return std::nullopt;
    return OldBus{.controller = now.controller->address,
                  .superspeed = half_on(*now.controller, *entry.socket->bus),
                  .told = entry.origin,
                  .how = "from the PCI address in its path"};
}

std::optional<OldBus> bus_by_root_hub(const Snapshot& snapshot, const RootHub& hub, const Entry& entry)
{
    if (snapshot.controller_at(hub.controller) == nullptr) return std::nullopt;
    return OldBus{.controller = hub.controller,
                  .superspeed = hub.superspeed,
                  .told = entry.origin,
                  .how = "from its parent-hash, which is that of the controller's root hub"};
}

/// By the device that the entry expects, at the same ports of another bus or of the one that it names.
std::optional<OldBus> bus_by_device(const Snapshot& snapshot, const Entry& entry)
{
    const auto& socket = *entry.socket;
    const auto* device = expected_elsewhere(snapshot, socket, *entry.device);
    const bool has_moved = device != nullptr;
    if (!has_moved) device = snapshot.device_at(PortPath(*socket.bus, socket.ports));
    if (device == nullptr || !is_device(*device, *entry.device)) return std::nullopt;
    const auto* controller = snapshot.pci_controller_of_bus(device->path.bus());
    if (controller == nullptr) return std::nullopt;
    return OldBus{.controller = controller->address,
                  .superspeed = half_on(*controller, device->path.bus()),
                  .told = entry.origin,
                  .how = has_moved
                             ? format("from {}, which is at {} now", device->shown(), device->path.text())
                             : format("from {}, which is there", device->shown())};
}

/// By the strongest of what the entry tells; nothing: it tells nothing.
std::optional<OldBus> bus_by_entry(const Snapshot& snapshot, const Found& found, const Entry& entry)
{
    if (!entry.socket->way.empty()) return bus_by_way(snapshot, entry);
    const auto hub = std::ranges::find_if(found.root_hubs, [&](const RootHub& one) {
        return !entry.parent_hash.empty() && one.hash == entry.parent_hash;
    });
    if (hub != found.root_hubs.end()) return bus_by_root_hub(snapshot, *hub, entry);
    return entry.device ? bus_by_device(snapshot, entry) : std::nullopt;
}
} // namespace

std::optional<bool> half_on(const PciController& controller, std::uint16_t bus)
{
    const auto* usb2 = controller.usb2_bus();
    const auto* superspeed = controller.superspeed_bus();
    if (usb2 != nullptr && usb2->number == bus) return false;
    if (superspeed != nullptr && superspeed->number == bus) return true;
    return std::nullopt;
}

WayNow controller_of_way(const Snapshot& snapshot, const ToldSocket& socket)
{
    const auto& address = socket.way.back();
    const auto* by_address = snapshot.controller_at(address);
    if (!socket.way_is_whole || socket.way.size() == 1) {
        if (by_address == nullptr)
            return {.why_not = format("{} is not a USB controller of this machine", address.text())};
        return {.controller = by_address, .why_not = {}};
    }
    topology::PciWay way{.root = socket.way.front(), .below = {}};
    for (std::size_t i = 1; i < socket.way.size(); ++i)
        way.below.push_back({.device = socket.way[i].device, .function = socket.way[i].function});
    for (const auto& controller : snapshot.controllers)
        if (topology::way_to(controller) == way)
            return {.controller = &controller, .why_not = {}, .has_moved = controller.address != address};
    if (by_address != nullptr)
        return {.why_not = format("{} is now another controller: the path to the old one was {}",
                                  address.text(), way.text())};
    return {.why_not = format("this machine has no USB controller at {} or at the end of the path {}",
                              address.text(), way.text())};
}

OldBuses old_buses_of(const Snapshot& snapshot, const Found& found)
{
    OldBuses buses;
    for (const auto& entry : found.entries) {
        if (!entry.socket || !entry.socket->bus) continue;
        if (auto told = bus_by_entry(snapshot, found, entry))
            learn(buses, *entry.socket->bus, std::move(*told));
    }
    learn_pairs(snapshot, buses);
    return buses;
}

} // namespace usbroute::import_
