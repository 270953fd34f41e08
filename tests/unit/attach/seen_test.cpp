// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/seen.hpp"
#include "attach/shells.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::attach {
namespace {

topology::PortPath at(std::string_view place) { return topology::PortPath::parse(place).value(); }

/// 3-1 with the number 7, and 3-2.4 with the number 9.
topology::Snapshot desk()
{
    std::vector<topology::SharedDevice> devices;
    for (const auto& [place, number] : {std::pair{"3-1", 7}, std::pair{"3-2.4", 9}}) {
        topology::Device device;
        device.path = at(place);
        device.number = static_cast<std::uint8_t>(number);
        devices.push_back(std::make_shared<const topology::Device>(std::move(device)));
    }
    topology::Snapshot snapshot;
    snapshot.devices = topology::in_order(std::move(devices));
    return snapshot;
}

HostObject ours(std::string_view place, std::uint8_t number)
{
    return {.id = object_for({.path = at(place), .number = number}).text()};
}

std::string shown(const std::optional<std::vector<topology::PortPath>>& places)
{
    if (!places) return "anywhere";
    std::string text;
    for (const auto& place : *places) text += (text.empty() ? "" : " ") + place.text();
    return text;
}

std::string touched(const std::vector<HostObject>& before, const std::vector<HostObject>& after)
{
    return shown(places_touched(before, after, desk()));
}

TEST(PlacesTouched, AreThoseOfObjectsThatCameOrWent)
{
    EXPECT_EQ(touched({}, {}), "");
    EXPECT_EQ(touched({ours("3-1", 7)}, {ours("3-1", 7)}), "");
    EXPECT_EQ(touched({}, {ours("3-2.4", 9), ours("3-1", 7)}), "3-1 3-2.4");
    EXPECT_EQ(touched({ours("3-1", 7), ours("3-2.4", 9)}, {ours("3-1", 7)}), "3-2.4");
}

TEST(PlacesTouched, OfAnObjectThatHasGotItsDevice)
{
    auto waiting = HostObject{.id = waiting_object_for(at("3-1")).text(), .host_bus = 3, .host_port = "1"};
    auto attached = waiting;
    attached.is_attached = true;

    EXPECT_EQ(touched({waiting}, {attached}), "3-1");
}

/// Its port may hold another one now.
TEST(PlacesTouched, OfADeviceThatIsGone) { EXPECT_EQ(touched({ours("3-3", 5)}, {}), "3-3"); }

TEST(PlacesTouched, OfSomebodyElsesObjectsByAddressAndByPort)
{
    EXPECT_EQ(touched({}, {{.id = "hostdev0", .host_bus = 3, .host_address = 9}}), "3-2.4");
    EXPECT_EQ(touched({{.id = "mouse", .host_bus = 3, .host_port = "1"}}, {}), "3-1");
}

TEST(PlacesTouched, AreAlsoWhereTheNumbersOfARestoredDomainLeadNow)
{
    auto restored = ours("3-3", 9);
    restored.host_bus = 3;
    restored.host_address = 9;

    EXPECT_EQ(touched({restored}, {}), "3-2.4 3-3");
}

TEST(PlacesTouched, MayBeAnyWhereAnObjectDoesNotTell)
{
    EXPECT_EQ(touched({}, {{.id = "by-ids"}}), "anywhere");
    EXPECT_EQ(touched({ours("3-1", 7), {.id = "node", .host_device = "/dev/fdset/3"}}, {}), "anywhere");
}

TEST(ShellsOfOthers, AreForDevicesThatAreGoneAndNotOurs)
{
    Seen seen;
    seen.devices = {{.device = {.path = topology::PortPath::parse("3-1").value(), .number = 7}}};
    const HostDevice unplugged{.path = topology::PortPath::parse("3-3").value(), .number = 5};
    GuestUsb usb;
    usb.host_objects = {{.id = "of-one-that-is-there", .host_bus = 3, .host_address = 7},
                        {.id = "of-one-that-is-gone", .host_bus = 3, .host_address = 8},
                        {.id = "of-another-bus", .host_bus = 4, .host_address = 7},
                        {.id = "waits", .host_bus = 3, .host_port = "5"},
                        {.id = "by-ids"},
                        {.id = object_for(unplugged).text(), .host_bus = 3, .host_address = 5}};
    seen.guests = {{.name = GuestName("windows"), .usb = usb}, {.name = GuestName("linux"), .usb = {}}};

    std::string text;
    for (const auto& shell : shells_of_others(seen))
        text += shell.guest->name.text() + ":" + shell.object->id + " ";

    EXPECT_EQ(text, "windows:of-one-that-is-gone windows:of-another-bus ");
}

} // namespace
} // namespace usbroute::attach
