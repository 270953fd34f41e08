// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/old_buses.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/patterns.hpp"
#include "topology/connector.hpp"
#include "topology/halves.hpp"

#include <algorithm>

namespace usbroute::import_ {

using topology::Device;
using topology::PciController;
using topology::PortPath;
using topology::Snapshot;
using topology::UsbPlace;

namespace {

/// More sockets than a pattern means.
constexpr std::size_t most_fitting = 16;

std::string shown_address(const PciAddress& address) { return address.text(); }

/// Which half of a controller's sockets is on a bus of today.
std::optional<bool> half_on(const PciController& controller, std::uint16_t bus)
{
    const auto* usb2 = controller.usb2_bus();
    const auto* superspeed = controller.superspeed_bus();
    if (usb2 != nullptr && usb2->number == bus) return false;
    if (superspeed != nullptr && superspeed->number == bus) return true;
    return std::nullopt;
}

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

/// As the kernel has it below /devices, for patterns.
std::string devpath_of(const Snapshot& snapshot, const PortPath& path)
{
    const auto* controller = snapshot.controller_of_bus(path.bus());
    std::string text = controller == nullptr ? std::string() : controller->syspath;
    if (text.starts_with("sys")) text = text.substr(3);
    if (!text.starts_with('/')) text = "/" + text;
    text += format("/usb{}", path.bus());
    PortPath at(path.bus(), {});
    for (const auto port : path.ports()) {
        at = at.child(port);
        text += "/" + at.text();
    }
    return text;
}

/// udev's ID_PATH (systemd, src/udev/udev-builtin-path_id.c), which does not say the half.
std::string id_path_of(const Snapshot& snapshot, const PortPath& path)
{
    const auto* controller = snapshot.pci_controller_of_bus(path.bus());
    if (controller == nullptr) return {};
    return format("pci-{}-usb-0:{}", controller->address.text(),
                  path.text().substr(path.text().find('-') + 1));
}

/// Every place that this machine has: ports, and what is plugged in.
std::vector<PortPath> all_places(const Snapshot& snapshot)
{
    std::vector<PortPath> places;
    for (const auto& controller : snapshot.controllers)
        for (const auto& bus : controller.buses)
            for (std::uint8_t port = 1; port != 0 && port <= bus.ports; ++port)
                places.push_back(PortPath(bus.number, {port}));
    for (const auto& hub : snapshot.ports)
        for (const auto& port : *hub) places.push_back(port.place);
    for (const auto& device : snapshot.devices) places.push_back(device->path);
    std::ranges::sort(places);
    places.erase(std::ranges::unique(places).begin(), places.end());
    return places;
}

std::optional<UsbPlace> place_of(const Snapshot& snapshot, const PortPath& path)
{
    const auto* controller = snapshot.pci_controller_of_bus(path.bus());
    if (controller == nullptr) return std::nullopt;
    return UsbPlace{.controller = controller->address,
                    .superspeed = half_on(*controller, path.bus()).value_or(false),
                    .ports = path.ports()};
}

PlacesNow places_by_pattern(const Snapshot& snapshot, const ToldSocket& socket)
{
    std::vector<PortPath> fitting;
    for (const auto& path : all_places(snapshot)) {
        const bool fits = !socket.kernel_glob.empty() ? fits_glob(socket.kernel_glob, path.text())
                          : !socket.id_path_glob.empty()
                              ? fits_glob(socket.id_path_glob, id_path_of(snapshot, path))
                              : fits_glob(socket.glob, devpath_of(snapshot, path));
        // What is behind one that fits comes with it.
        const bool is_behind =
            std::ranges::any_of(fitting, [&](const PortPath& one) { return one.contains(path); });
        if (fits && !is_behind) fitting.push_back(path);
    }
    if (fitting.empty()) return format("the pattern fits no place of this machine");
    if (fitting.size() > most_fitting)
        return format("the pattern fits {} places of this machine; name those that are meant",
                      fitting.size());
    std::vector<PlaceNow> places;
    const auto names = texts_of(fitting);
    for (const auto& path : fitting)
        if (auto place = place_of(snapshot, path))
            places.push_back(
                {.place = std::move(*place),
                 .remarks = {{Weight::warning, format("the pattern fits {} now; compare", listed(names))}}});
    if (places.empty()) return std::string("the pattern fits only controllers without a PCI address");
    return places;
}

/// What a text that begins alike would have taken, too: "1-1" is in "1-10".
std::string also_taken(const Snapshot& snapshot, const UsbPlace& place, const ToldSocket& socket)
{
    const auto path = topology::path_of(snapshot, place);
    if (!path || path->ports().empty()) return {};
    std::vector<std::string> others;
    const auto text = path->text();
    for (const auto& one : all_places(snapshot)) {
        const auto other = one.text();
        const bool is_deeper = path->contains(one);
        if (!is_deeper && other.size() > text.size() && other.starts_with(text) &&
            one.ports().size() == path->ports().size())
            others.push_back(other);
    }
    if (others.empty()) return {};
    return format("the old tool compared text, so {} took {}, too; only {} is taken over",
                  printable(socket.said, 120), listed(others), text);
}

/// Of one place, once its controller and half are known: whether it is there, and what is to be said of it.
std::string why_no_place(const Snapshot& snapshot, const PciController& controller, PlaceNow& now)
{
    const auto& place = now.place;
    const auto* bus = place.superspeed ? controller.superspeed_bus() : controller.usb2_bus();
    if (controller.buses.empty()) {
        now.remarks.emplace_back(
            Weight::warning,
            format("{} is driven by {} now, so whether it has such a port cannot be seen",
                   controller.address.text(), controller.driver.empty() ? "nobody" : controller.driver));
        return {};
    }
    if (bus == nullptr)
        return format("{} has no {} ports", controller.address.text(),
                      place.superspeed ? "SuperSpeed" : "USB 2");
    if (place.ports.front() > bus->ports)
        return format("there is no such place here: {} has {} ports 1 to {}", controller.address.text(),
                      place.superspeed ? "SuperSpeed" : "USB 2", bus->ports);
    const PortPath path(bus->number, place.ports);
    const auto* port = topology::port_at(snapshot, path);
    if (port != nullptr && port->connect_type == "not used")
        now.remarks.emplace_back(Weight::warning,
                                 format("firmware says that nothing is wired to {}", path.text()));
    for (std::size_t depth = 1; depth < place.ports.size(); ++depth) {
        const PortPath above(bus->number,
                             {place.ports.begin(), place.ports.begin() + static_cast<std::ptrdiff_t>(depth)});
        const auto* hub = snapshot.device_at(above);
        if (hub == nullptr) {
            now.remarks.emplace_back(
                Weight::warning,
                format("there is no hub at {} now, and the place is behind one", above.text()));
            break;
        }
        if (!hub->is_hub()) {
            now.remarks.emplace_back(
                Weight::warning,
                format("{} is {} now and no hub, and the place is behind one", above.text(), hub->shown()));
            break;
        }
        if (hub->hub_ports > 0 && place.ports[depth] > hub->hub_ports)
            return format("there is no such place here: the hub at {} has ports 1 to {}", above.text(),
                          hub->hub_ports);
    }
    return {};
}

} // namespace

bool is_device(const Device& device, const ToldDevice& told)
{
    if (told.vendor && device.vendor != *told.vendor) return false;
    if (told.product && device.product != *told.product) return false;
    if (!told.serial.empty() && device.serial != told.serial) return false;
    if (!told.udev_serial.empty() && udev_serial_of(device) != told.udev_serial &&
        device.serial != told.udev_serial)
        return false;
    return told.vendor || told.product || !told.serial.empty() || !told.udev_serial.empty();
}

std::string udev_serial_of(const Device& device)
{
    // systemd, src/udev/udev-builtin-usb_id.c: blanks become one "_", and what is in no list of good characters becomes "_".
    const auto word = [](std::string_view text) {
        std::string made;
        for (const char c : trim(text)) {
            const bool is_blank = c == ' ' || c == '\t';
            const bool is_good =
                is_plain_word(std::string(1, c), "#+-.:=@_") || static_cast<unsigned char>(c) >= 0x80;
            if (is_blank && !made.empty() && made.back() == '_') continue;
            made += is_blank || !is_good ? '_' : c;
        }
        return made;
    };
    auto text = device.manufacturer.empty() ? format("{:04x}", device.vendor) : word(device.manufacturer);
    text +=
        "_" + (device.product_name.empty() ? format("{:04x}", device.product) : word(device.product_name));
    if (!device.serial.empty()) text += "_" + word(device.serial);
    return text;
}

WayNow controller_of_way(const Snapshot& snapshot, const ToldSocket& socket)
{
    const auto& address = socket.way.back();
    const auto* by_address = snapshot.controller_at(address);
    if (!socket.way_is_whole || socket.way.size() == 1) {
        if (by_address == nullptr)
            return {.why_not = format("{} is not a USB controller of this machine", shown_address(address))};
        return {.controller = by_address, .why_not = {}};
    }
    topology::PciWay way{.root = socket.way.front(), .below = {}};
    for (std::size_t i = 1; i < socket.way.size(); ++i)
        way.below.push_back({.device = socket.way[i].device, .function = socket.way[i].function});
    for (const auto& controller : snapshot.controllers)
        if (topology::way_to(controller) == way)
            return {.controller = &controller, .why_not = {}, .has_moved = controller.address != address};
    if (by_address != nullptr)
        return {.why_not = format("{} is another controller now: the way to it was {}",
                                  shown_address(address), way.text())};
    return {.why_not = format("no USB controller of this machine is at {}, nor at the end of the way {}",
                              shown_address(address), way.text())};
}

OldBuses old_buses_of(const Snapshot& snapshot, const Found& found)
{
    OldBuses buses;
    for (const auto& entry : found.entries) {
        if (!entry.socket || !entry.socket->bus) continue;
        const auto& socket = *entry.socket;
        const auto bus = *socket.bus;
        if (!socket.way.empty()) {
            const auto now = controller_of_way(snapshot, socket);
            if (now.controller == nullptr) continue;
            learn(buses, bus,
                  {.controller = now.controller->address,
                   .superspeed = now.controller->has_bus(bus) ? half_on(*now.controller, bus) : std::nullopt,
                   .told = entry.origin,
                   .how = "by the PCI address in its path"});
            continue;
        }
        const auto hub = std::ranges::find_if(found.root_hubs, [&](const RootHub& one) {
            return !entry.parent_hash.empty() && one.hash == entry.parent_hash;
        });
        if (hub != found.root_hubs.end()) {
            if (snapshot.controller_at(hub->controller) == nullptr) continue;
            learn(buses, bus,
                  {.controller = hub->controller,
                   .superspeed = hub->superspeed,
                   .told = entry.origin,
                   .how = "by its parent-hash, which is that of a root hub of that controller"});
            continue;
        }
        if (!entry.device) continue;
        if (const auto* device = expected_elsewhere(snapshot, socket, *entry.device)) {
            const auto* controller = snapshot.pci_controller_of_bus(device->path.bus());
            if (controller == nullptr) continue;
            learn(buses, bus,
                  {.controller = controller->address,
                   .superspeed = half_on(*controller, device->path.bus()),
                   .told = entry.origin,
                   .how = format("by {}, which is at {} now", device->shown(), device->path.text())});
        } else if (const auto* here = snapshot.device_at(PortPath(bus, socket.ports));
                   here != nullptr && is_device(*here, *entry.device)) {
            if (const auto* controller = snapshot.pci_controller_of_bus(bus))
                learn(buses, bus,
                      {.controller = controller->address,
                       .superspeed = half_on(*controller, bus),
                       .told = entry.origin,
                       .how = format("by {}, which is there", here->shown())});
        }
    }
    learn_pairs(snapshot, buses);
    return buses;
}

PlacesNow places_now(const Snapshot& snapshot, const OldBuses& old, const ToldSocket& socket,
                     const std::optional<ToldDevice>& expected)
{
    if (!socket.glob.empty() || !socket.kernel_glob.empty() || !socket.id_path_glob.empty())
        return places_by_pattern(snapshot, socket);
    const PciController* controller = nullptr;
    PlaceNow now;
    if (!socket.way.empty()) {
        const auto way = controller_of_way(snapshot, socket);
        if (way.controller == nullptr) return way.why_not;
        controller = way.controller;
        if (way.has_moved)
            now.remarks.emplace_back(
                Weight::warning,
                format("the controller at {} has become {}: buses of PCI were numbered again; its way counts",
                       socket.way.back().text(), controller->address.text()));
    }
    const auto known = socket.bus ? old.find(*socket.bus) : old.end();
    const bool is_known = known != old.end() && !known->second.is_disputed;
    if (controller == nullptr && is_known) controller = snapshot.controller_at(known->second.controller);
    if (controller == nullptr && socket.bus) {
        controller = snapshot.pci_controller_of_bus(*socket.bus);
        if (controller == nullptr)
            return snapshot.controller_of_bus(*socket.bus) != nullptr
                       ? format("bus {} belongs to a controller without a PCI address", *socket.bus)
                       : format("there is no bus {} on this machine", *socket.bus);
        if (known != old.end() && known->second.is_disputed)
            now.remarks.emplace_back(
                Weight::warning,
                format("the file's lines disagree on which controller bus {} was; today's is taken",
                       *socket.bus));
    }
    if (controller == nullptr) return std::string("which controller is meant is not told");
    if (socket.ports.empty())
        return format(
            "a root hub is a whole controller, {}: if it shall go to a guest, give it controllers = [\"{}\"] after `usbroute guest show`",
            controller->address.text(), controller->address.text());
    if (socket.bus && !controller->has_bus(*socket.bus)) {
        const auto* today = snapshot.controller_of_bus(*socket.bus);
        const auto now_is = today == nullptr ? std::string("there is no such bus now")
                                             : format("today that is a bus of {}", today->name);
        const auto how = socket.way.empty() && is_known
                             ? format(" ({}, line {})", known->second.how, known->second.told.line)
                             : std::string();
        now.remarks.emplace_back(
            Weight::warning,
            format("bus numbers have moved: bus {} was one of {}{}, and {}; the controller counts",
                   *socket.bus, controller->address.text(), how, now_is));
    }

    std::optional<bool> superspeed = socket.superspeed;
    // What the file's own lines tell together counts more than the number of today.
    if (!superspeed && is_known && known->second.controller == controller->address)
        superspeed = known->second.superspeed;
    const auto half_today = socket.bus ? half_on(*controller, *socket.bus) : std::nullopt;
    if (superspeed && half_today && *superspeed != *half_today)
        now.remarks.emplace_back(
            Weight::warning,
            format(
                "bus numbers have moved: bus {} had the {} ports of {} and has the others now; the controller counts",
                *socket.bus, *superspeed ? "SuperSpeed" : "USB 2", controller->address.text()));
    if (!superspeed) superspeed = half_today;
    const auto* usb2 = controller->usb2_bus();
    const auto* fast = controller->superspeed_bus();
    if (!superspeed && fast == nullptr) superspeed = false;
    if (!superspeed && usb2 == nullptr && fast != nullptr) superspeed = true;
    const auto first = socket.ports.front();
    if (!superspeed && usb2 != nullptr && fast != nullptr) {
        const bool fits_usb2 = first <= usb2->ports;
        const bool fits_fast = first <= fast->ports;
        superspeed = !fits_usb2 && fits_fast;
        const UsbPlace slow_place{.controller = controller->address, .superspeed = false, .ports = {first}};
        const auto other = topology::other_half_of(snapshot, slow_place);
        const bool is_one_socket = other && other->place.ports == std::vector<std::uint8_t>{first};
        if (fits_usb2 && fits_fast && !is_one_socket)
            now.remarks.emplace_back(
                Weight::warning,
                format(
                    "which half is meant is not told: taken as the USB 2 port {}; SuperSpeed port {} is another socket",
                    first, first));
    }
    now.place = {
        .controller = controller->address, .superspeed = superspeed.value_or(false), .ports = socket.ports};
    if (auto why = why_no_place(snapshot, *controller, now); !why.empty()) return why;
    if (socket.with_what_begins_alike)
        if (auto also = also_taken(snapshot, now.place, socket); !also.empty())
            now.remarks.emplace_back(Weight::note, std::move(also));

    if (expected && expected->id()) {
        const auto path = topology::path_of(snapshot, now.place);
        const auto* here = path ? snapshot.device_at(*path) : nullptr;
        std::vector<std::string> elsewhere;
        for (const auto& device : snapshot.devices)
            if (is_device(*device, *expected) && device.get() != here)
                elsewhere.push_back(device->path.text());
        const auto what = expected->id()->text();
        if (here == nullptr || !is_device(*here, *expected)) {
            const auto there = here == nullptr ? std::string("nothing is plugged in")
                                               : format("{} is plugged in", here->shown());
            if (!elsewhere.empty())
                now.remarks.emplace_back(
                    Weight::warning,
                    format("{} is expected here and {}; it is at {} now", what, there, listed(elsewhere)));
            else if (here != nullptr)
                now.remarks.emplace_back(Weight::warning, format("{} is expected here and {}", what, there));
        }
    }
    return std::vector<PlaceNow>{std::move(now)};
}

} // namespace usbroute::import_
