// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/seen.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace usbroute::attach {

using topology::PortPath;

namespace {

constexpr std::string_view program_driver = "usbfs"; // drivers/usb/core/devio.c

bool has_address_of(const HostObject& object, const HostDevice& device)
{
    return object.host_bus == device.path.bus() && object.host_address == device.number;
}

/// "2.1" of "3-2.1", as QEMU's hostport has it.
std::string port_text(const PortPath& path)
{
    const auto text = path.text();
    return text.substr(text.find('-') + 1);
}

} // namespace

SeenDevice seen(const topology::Device& device)
{
    SeenDevice seen{.device = {.path = device.path, .number = device.number},
                    .hub_ports = device.hub_ports,
                    .has_hub_class = device.is_hub(),
                    .is_superspeed = device.speed.is_superspeed(),
                    .is_configured = device.is_configured};
    if (!device.is_configured) return seen;
    for (const auto& interface : device.interfaces)
        ++(interface.driver.empty()             ? seen.with_nobody
           : interface.driver == program_driver ? seen.with_program
                                                : seen.with_host);
    return seen;
}

PortPath hub_of(const PortPath& port)
{
    auto above = port.ports();
    above.pop_back();
    return {port.bus(), std::move(above)};
}

Way Ways::at(const PortPath& place) const
{
    const auto is_shut = [&](const PortPath& node) { return std::ranges::binary_search(shut, node); };
    return is_shut(place) || is_shut(hub_of(place)) ? Way::by_place : usual;
}

Way way_to(const SeenGuest& guest, const Ways& ways, const PortPath& place)
{
    const auto way = ways.at(place);
    if (!guest.domain || (guest.domain->by_descriptor && way == Way::descriptor)) return way;
    return Way::by_libvirt;
}

const SeenDevice* Seen::device_at(const PortPath& path) const
{
    const auto found =
        std::ranges::find_if(devices, [&](const SeenDevice& one) { return one.device.path == path; });
    return found == devices.end() ? nullptr : &*found;
}

const SeenGuest* Seen::guest(const GuestName& name) const
{
    const auto found = std::ranges::find(guests, name, &SeenGuest::name);
    return found == guests.end() ? nullptr : &*found;
}

bool Seen::is_claimed(const PortPath& port) const
{
    return std::ranges::find(claimed, port) != claimed.end();
}

bool is_for(const HostObject& object, const HostDevice& device)
{
    if (const auto meant = meant_by(object.id))
        return meant->path == device.path && (!meant->number || *meant->number == device.number);
    const bool has_place = object.host_bus == device.path.bus() && !object.host_port.empty() &&
                           object.host_port == port_text(device.path);
    return has_address_of(object, device) || has_place;
}

std::optional<std::vector<PortPath>> places_touched(std::span<const HostObject> before,
                                                    std::span<const HostObject> after,
                                                    const topology::Snapshot& snapshot)
{
    std::vector<PortPath> places;
    const auto add = [&](const HostObject& object) {
        const auto known = places.size();
        if (const auto meant = meant_by(object.id)) places.push_back(meant->path);
        for (const auto& one : snapshot.devices) {
            const HostDevice device{.path = one->path, .number = one->number};
            // A domain that was saved and restored has whichever device has the old number now, whatever its object is called.
            if (is_for(object, device) || has_address_of(object, device)) places.push_back(device.path);
        }
        return places.size() > known;
    };
    const auto is_new = [](std::span<const HostObject> among) {
        return [among](const HostObject& object) { return std::ranges::find(among, object) == among.end(); };
    };
    for (const auto& object : before | std::views::filter(is_new(after)))
        if (!add(object)) return std::nullopt;
    for (const auto& object : after | std::views::filter(is_new(before)))
        if (!add(object)) return std::nullopt;
    std::ranges::sort(places);
    const auto twice = std::ranges::unique(places);
    places.erase(twice.begin(), twice.end());
    return places;
}

std::vector<Having> who_has(const Seen& seen, const HostDevice& device)
{
    std::vector<Having> having;
    for (const auto& guest : seen.guests) {
        if (!guest.usb) continue;
        for (const auto& object : guest.usb->host_objects)
            if (is_for(object, device)) having.push_back({.guest = &guest, .object = &object});
    }
    return having;
}

} // namespace usbroute::attach
