// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/patterns.hpp"
#include "import/places_now.hpp"
#include "topology/connector.hpp"

#include <algorithm>

namespace usbroute::import_ {

using topology::PortPath;
using topology::Snapshot;
using topology::UsbPlace;

namespace {

/// More sockets than a pattern means.
constexpr std::size_t most_fitting = 16;

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

std::optional<UsbPlace> usb_place_at(const Snapshot& snapshot, const PortPath& path)
{
    const auto* controller = snapshot.pci_controller_of_bus(path.bus());
    if (controller == nullptr) return std::nullopt;
    return UsbPlace{.controller = controller->address,
                    .superspeed = half_on(*controller, path.bus()).value_or(false),
                    .ports = path.ports()};
}

} // namespace

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
    if (fitting.empty()) return format("the pattern matches no port of this machine");
    if (fitting.size() > most_fitting)
        return format("the pattern matches {} ports of this machine; list the ones you want", fitting.size());
    std::vector<PlaceNow> places;
    const auto names = texts_of(fitting);
    for (const auto& path : fitting)
        if (auto place = usb_place_at(snapshot, path))
            places.push_back(
                {.place = std::move(*place),
                 .remarks = {{Weight::warning, format("the pattern matches {} now; check that this is right",
                                                      listed(names))}}});
    if (places.empty()) return std::string("the pattern matches only controllers without a PCI address");
    return places;
}

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
    return format("the old tool compared text, so {} also matched {}; only {} is imported",
                  printable(socket.said, 120), listed(others), text);
}

} // namespace usbroute::import_
