// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "topology/named_hub.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace usbroute::topology {
namespace {

/// A hub with two halves, 2109:2813 and 2109:0813.
struct HubOnADesk {
    Snapshot snapshot = fakes::z97();
    HubSpec spec{.name = HubName("desk"), .id = {.vendor = 0x2109, .product = 0x2813}};
    std::vector<ConnectorSpec> connectors = {};

    Device& plug(std::string_view place, std::uint16_t product = 0x2813, std::uint8_t ports = 4)
    {
        auto& hub = fakes::plug(snapshot, place, "Hub");
        hub.vendor = 0x2109;
        hub.product = product;
        hub.device_class = 9;
        hub.hub_ports = ports;
        if (hub.path.bus() == 4) hub.speed = {5'000'000};
        return hub;
    }
    /// One port of a hub or root hub, and what the kernel says its other half is.
    void pair(std::string_view place, std::string_view peer)
    {
        auto hubs = snapshot.ports.flat();
        hubs.push_back(std::make_shared<const std::vector<HubPort>>(std::vector<HubPort>{
            {.place = *PortPath::parse(place), .connect_type = "", .peer = PortPath::parse(peer)}}));
        snapshot.ports = in_order(std::move(hubs));
    }
    [[nodiscard]] NamedHub found() const { return look_for(snapshot, spec, connectors); }
    /// "3-5 4-2", or why not.
    [[nodiscard]] std::string shown_found() const
    {
        const auto hub = found();
        if (!hub.usb2) return hub.why_not;
        return hub.usb2->text() + (hub.superspeed ? " " + hub.superspeed->text() : std::string());
    }
};

TEST(NamedHub, IsFoundWhereverItsCableGoes)
{
    HubOnADesk desk;
    desk.plug("3-5");
    EXPECT_EQ(desk.shown_found(), "3-5");

    HubOnADesk elsewhere;
    elsewhere.plug("1-1.4");
    EXPECT_EQ(elsewhere.shown_found(), "1-1.4");
}

TEST(NamedHub, HasItsOtherHalfWhereAConnectorSaysThatTheOtherHalfOfItsSocketIs)
{
    HubOnADesk desk;
    desk.plug("3-5");
    desk.plug("4-2", 0x0813);
    desk.connectors.push_back({.name = ConnectorName("rear-1"),
                               .bit = {},
                               .superspeed = {},
                               .places = {*UsbPlace::parse("00:14.0/5"), *UsbPlace::parse("00:14.0/ss2")},
                               .seen = {}});
    desk.pair("3-5", "4-3"); // a guess of the kernel

    EXPECT_EQ(desk.shown_found(), "3-5 4-2");
}

TEST(NamedHub, HasItsOtherHalfWhereTheKernelSaysAndBelowAnotherHubByTheSamePorts)
{
    HubOnADesk desk;
    desk.plug("3-5.1");
    desk.plug("4-2.1", 0x0813);
    desk.pair("3-5", "4-2");

    EXPECT_EQ(desk.shown_found(), "3-5.1 4-2.1");
}

TEST(NamedHub, TakesNoOtherMakersHubForItsHalfAndNoneThatIsNotSuperSpeed)
{
    HubOnADesk desk;
    desk.plug("3-5");
    desk.plug("4-2", 0x0813).vendor = 0x05e3;
    desk.pair("3-5", "4-2");
    EXPECT_EQ(desk.shown_found(), "3-5");

    HubOnADesk crossed;
    crossed.plug("3-5");
    crossed.plug("3-6", 0x0813);
    crossed.pair("3-5", "3-6");
    EXPECT_EQ(crossed.shown_found(), "3-5");
}

TEST(NamedHub, ThatIsNotPluggedInIsSaid)
{
    HubOnADesk desk;

    EXPECT_EQ(desk.shown_found(), "the hub desk (2109:2813) is not plugged in");
}

TEST(NamedHub, IsNeitherOfTwoUntilTheSerialNumberOrThePlaceTellsThemApart)
{
    HubOnADesk desk;
    desk.plug("3-5");
    desk.plug("3-7");
    EXPECT_EQ(desk.shown_found(), "desk (2109:2813) could be the hub at 3-5 and 3-7, so neither is; "
                                  "serial or at tells them apart");

    desk.spec.at = told_place_from("00:14.0 7");
    EXPECT_EQ(desk.shown_found(), "3-7");
    desk.spec.at = told_place_from("0000:00:14.0/9");
    EXPECT_EQ(desk.shown_found(), "the hub desk (2109:2813) is not plugged in at 0000:00:14.0/9; "
                                  "what is at 3-5 and 3-7 is of the same model");

    HubOnADesk with_serial;
    with_serial.plug("3-5").serial = "A1";
    with_serial.plug("3-7").serial = "B2";
    with_serial.spec.serial = "B2";
    EXPECT_EQ(with_serial.shown_found(), "3-7");
    with_serial.spec.serial = "C3";
    EXPECT_EQ(with_serial.shown_found(),
              "the hub desk (2109:2813) is not plugged in with this serial number; "
              "what is at 3-5 and 3-7 is of the same model");
}

TEST(NamedHub, OfTwoInOneCaseIsTheUpperOne)
{
    HubOnADesk desk;
    desk.plug("3-5");
    desk.plug("3-5.4");

    EXPECT_EQ(desk.shown_found(), "3-5");
}

TEST(NamedHub, IsAHub)
{
    HubOnADesk desk;
    auto& device = desk.plug("3-5");
    device.device_class = 0;
    device.hub_ports = 0;

    EXPECT_EQ(desk.shown_found(),
              "the hub desk (2109:2813) is not plugged in, and what has this id at 3-5 is no hub");
}

TEST(NamedHub, IsNotKnownByItsSuperSpeedHalf)
{
    HubOnADesk desk;
    desk.spec.id = {.vendor = 0x2109, .product = 0x0813};
    desk.plug("4-2", 0x0813);

    EXPECT_EQ(desk.shown_found(),
              "desk (2109:0813) is at 4-2 with its SuperSpeed half alone; id is that of its USB 2 half");
}

TEST(NamedHub, GivesAConnectorTheSamePortOfBothHalves)
{
    HubOnADesk desk;
    desk.plug("3-5");
    desk.plug("4-2", 0x0813);
    desk.pair("3-5", "4-2");
    Connector connector;
    connector.spec.on_hubs = {*HubPlace::parse("desk/2.3")};

    put_on_hubs(connector, desk.snapshot, {desk.found()});

    EXPECT_EQ(connector.missing, "");
    const auto places = connector.places_now();
    ASSERT_EQ(places.size(), 2U);
    EXPECT_EQ(places[0].text(), "3-5.2.3");
    EXPECT_EQ(places[1].text(), "4-2.2.3");
    EXPECT_EQ(connector.controller_now()->name, "0000:00:14.0");
}

TEST(NamedHub, ThatIsNotThereLeavesItsConnectorsWithoutAPlaceAndWithTheReason)
{
    HubOnADesk desk;
    Connector connector;
    connector.spec.on_hubs = {*HubPlace::parse("desk/2")};

    put_on_hubs(connector, desk.snapshot, {desk.found()});

    EXPECT_EQ(connector.missing, "the hub desk (2109:2813) is not plugged in");
    EXPECT_TRUE(connector.places_now().empty());
    EXPECT_EQ(connector.at, SeatId(OwnController{}));
}

} // namespace
} // namespace usbroute::topology
