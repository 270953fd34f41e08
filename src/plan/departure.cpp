// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/departure.hpp"

#include "base/format.hpp"

#include <algorithm>

namespace usbroute::plan {

using topology::Device;
using topology::Interface;
using topology::UseParts;

namespace {

// USB class codes (usb.org, Defined Class Codes).
constexpr std::uint8_t audio_class = 0x01;
constexpr std::uint8_t hid_class = 0x03;

bool has_class(const Device& device, std::uint8_t code)
{
    return std::ranges::find(device.interfaces, code, &Interface::device_class) != device.interfaces.end();
}

bool is_held_through_usbfs(const Device& device)
{
    return std::ranges::find(device.interfaces, "usbfs", &Interface::driver) != device.interfaces.end();
}

/// A program that drives the device itself is seen by the driver of its interface, also where nobody may look into the
/// program.
std::string held_by_a_program(const Device& device)
{
    return has_class(device, hid_class)
               ? "a program holds it through usbfs, as programs that watch a power supply (UPS) do"
               : "a program holds it through usbfs";
}

/// HID beside keyboards, mice and headsets is read by programs of its own: power supplies, security keys, controllers of
/// lights. What they have open takes a walk through all processes, so that of the others is not asked before a move.
bool may_be_held_as_hid(const Device& device)
{
    return has_class(device, hid_class) && !has_class(device, audio_class) &&
           std::ranges::none_of(device.interfaces, [](const Interface& interface) {
               return interface.device_class == hid_class && interface.subclass == 1; // HID 1.11, 4.2: boot
           });
}

// usb.org, Defined Class Codes.
constexpr std::uint8_t wireless_class = 0xe0;
constexpr std::uint8_t vendor_specific_class = 0xff;

/// Vendor specific interfaces can be nearly anything.
void add_interface(UseParts& parts, const Interface& interface, bool is_lost)
{
    constexpr std::uint8_t communication = 0x02;
    constexpr std::uint8_t printer = 0x07;
    constexpr std::uint8_t communication_data = 0x0a;
    constexpr std::uint8_t video = 0x0e;
    const auto is = [&](std::uint8_t code) { return interface.device_class == code; };
    if (is_lost && may_be_an_input(interface)) parts.inputs = true;
    if (is(audio_class)) parts.sound = true;
    if (interface.driver.empty() || interface.driver == "xpad") return; // nothing, and a gamepad
    if (is(communication) || is(communication_data) || is(vendor_specific_class)) parts.open_devices = true;
    if (is(communication) || is(wireless_class) || is(vendor_specific_class)) parts.network = true;
    if (is(video) || is(printer) || interface.driver == "usbfs") parts.open_devices = true;
}

} // namespace

bool may_be_an_input(const Interface& interface)
{
    return interface.device_class == hid_class || interface.device_class == wireless_class ||
           interface.device_class == vendor_specific_class;
}

bool Departure::has(const topology::PortPath& place) const
{
    return std::ranges::any_of(places, [&](const auto& port) { return port.contains(place); });
}

topology::KeyboardLoss keyboard_loss(const topology::Snapshot& snapshot, const topology::HostUse& use,
                                     const std::vector<Departure>& departures)
{
    std::vector<topology::PortPath> leaving;
    for (const auto& departure : departures)
        leaving.insert(leaving.end(), departure.places.begin(), departure.places.end());
    return topology::loss_of(topology::keyboards(snapshot, use.inputs), leaving);
}

std::vector<std::string> activity_warnings(const topology::Snapshot& snapshot, const topology::HostUse& use,
                                           const std::vector<Departure>& departures)
{
    std::vector<std::string> warnings;
    const auto warn = [&](const Departure& departure, const std::string& device, std::string_view what) {
        warnings.push_back(format("{} takes along {}: {}", departure.from, device, what));
    };
    for (const auto& departure : departures) {
        for (const auto& activity : use.activities) {
            if (!departure.has(activity.usb)) continue;
            const auto* device = snapshot.device_at(activity.usb);
            warn(departure, device == nullptr ? activity.usb.text() : device->shown(), activity.what);
        }
        for (const auto& place : departure.places)
            for (const auto* device : snapshot.devices_below(place)) {
                if (!is_held_through_usbfs(*device)) continue;
                const bool is_said =
                    std::ranges::any_of(use.activities, [&](const topology::Activity& activity) {
                        return activity.usb == device->path && activity.what.starts_with("usbfs ");
                    });
                if (!is_said) warn(departure, device->shown(), held_by_a_program(*device));
            }
    }
    return warnings;
}

void add_parts(UseParts& parts, const Device& device, bool is_lost)
{
    for (const auto& interface : device.interfaces) add_interface(parts, interface, is_lost);
    if (may_be_held_as_hid(device)) parts.open_devices = true;
}

} // namespace usbroute::plan
