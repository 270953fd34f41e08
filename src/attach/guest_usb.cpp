// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/guest_usb.hpp"

#include "base/numbers.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <set>

namespace usbroute::attach {

namespace {

constexpr std::string_view our_prefix = "usbroute-";
constexpr std::size_t longest_id = 63;
constexpr std::size_t longest_host_port = 15; // hw/usb/host-libusb.c: char port[16]
constexpr std::size_t most_tiers = 7;
constexpr std::uint8_t most_controllers = 100;

/// "4" of "4.1": the port of the controller itself behind which a device is.
std::optional<std::uint8_t> root_port(std::string_view port)
{
    return number_from<std::uint8_t>(port.substr(0, port.find('.')));
}

} // namespace

std::optional<ObjectId> ObjectId::from(std::string_view text)
{
    if (text.size() <= our_prefix.size() || text.size() > longest_id) return std::nullopt;
    if (!text.starts_with(our_prefix) || !is_plain_word(text, "-._")) return std::nullopt;
    return ObjectId(std::string(text));
}

std::optional<HostPort> HostPort::from(std::string_view text)
{
    if (text.empty() || text.size() > longest_host_port) return std::nullopt;
    const auto tiers = split(text, '.');
    const auto is_port = [](std::string_view tier) {
        return !tier.empty() && tier.front() != '0' && number_from<std::uint8_t>(tier).has_value();
    };
    if (tiers.size() > most_tiers || !std::ranges::all_of(tiers, is_port)) return std::nullopt;
    return HostPort(std::string(text));
}

const HostObject* GuestUsb::find(const ObjectId& id) const
{
    const auto found = std::ranges::find(host_objects, id.text(), &HostObject::id);
    return found == host_objects.end() ? nullptr : &*found;
}

const GuestController* GuestUsb::find_bus(std::string_view bus) const
{
    const auto found = std::ranges::find(controllers, bus, &GuestController::bus);
    return found == controllers.end() ? nullptr : &*found;
}

std::vector<GuestPort> free_ports(const GuestUsb& usb, std::string_view bus)
{
    const auto* controller = usb.find_bus(bus);
    if (controller == nullptr || !controller->is_xhci()) return {};
    std::set<std::uint8_t> used;
    const auto note = [&](const auto& device) {
        if (device.bus != bus) return;
        if (const auto port = root_port(device.port)) used.insert(*port);
    };
    std::ranges::for_each(usb.host_objects, note);
    std::ranges::for_each(usb.other_devices, note);
    const auto ports = std::max(controller->usb2_ports.value_or(0), controller->superspeed_ports.value_or(0));
    std::vector<GuestPort> free;
    for (unsigned port = 1; port <= ports; ++port)
        if (!used.contains(static_cast<std::uint8_t>(port)))
            free.push_back({.bus = std::string(bus), .port = static_cast<std::uint8_t>(port)});
    return free;
}

std::optional<ControllerId> unused_controller_id(const GuestUsb& usb)
{
    for (std::uint8_t number = 0; number < most_controllers; ++number) {
        const ControllerId id{.number = number};
        if (std::ranges::find(usb.controllers, id.text(), &GuestController::id) == usb.controllers.end())
            return id;
    }
    return std::nullopt;
}

} // namespace usbroute::attach
