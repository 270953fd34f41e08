// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/parse.hpp"
#include "fakes/boards.hpp"
#include "plan/needed_nodes.hpp"

#include <gtest/gtest.h>

#include <array>

namespace usbroute::plan {
namespace {

const std::string a_guest = "[guest.windows]\ncontrollers = [\"0000:00:1a.0\"]\nqmp = \"/run/w.qmp\"\n";

std::vector<NeededNodes> needed(const std::string& text, const topology::Snapshot& snapshot)
{
    const std::array files{config::SourceText{.name = "test.toml", .text = text}};
    return needed_nodes(look_at_board(snapshot, *config::parse(files)));
}

/// "0000:02:00.0: 2, 3; at 2.1" and so on, one line a bus.
std::string shown(const std::vector<NeededNodes>& all)
{
    const auto ports = [](const NeededNodes::Ports& list) {
        return topology::PortPath(1, list).text().substr(1);
    };
    std::string text;
    for (const auto& one : all) {
        text += one.controller.text() + (one.superspeed ? " ss" : "");
        for (const auto& hub : one.hubs) text += " hub" + ports(hub);
        for (const auto& place : one.places) text += " at" + ports(place);
        for (const auto& name : one.connectors) text += " " + name.text();
        text += "\n";
    }
    return text;
}

TEST(NeededNodes, AreThoseOfTheHubsOnTheWayAndOfThePlace)
{
    EXPECT_EQ(
        shown(needed("[connector.desk]\nusb = [\"0000:02:00.0/2.1.4\", \"0000:02:00.0/ss3\"]\n" + a_guest,
                     fakes::z97())),
        "0000:02:00.0 hub-2 hub-2.1 at-2.1.4 desk\n"
        "0000:02:00.0 ss at-3 desk\n");
}

TEST(NeededNodes, OfTwoConnectorsOnOneBusAreNamedOnce)
{
    EXPECT_EQ(
        shown(needed(
            "[connector.b]\nusb = [\"0000:02:00.0/2.1\"]\n[connector.a]\nusb = [\"0000:02:00.0/2.11\"]\n"
            "[connector.c]\nusb = [\"0000:03:00.0/1\"]\n" +
                a_guest,
            fakes::z97())),
        "0000:02:00.0 hub-2 at-2.1 at-2.11 a b\n"
        "0000:03:00.0 at-1 c\n");
}

TEST(NeededNodes, OfAPlaceBelowAnotherGoAlongWithThatOne)
{
    EXPECT_EQ(
        shown(needed(
            "[connector.a]\nusb = [\"0000:02:00.0/2\"]\n[connector.b]\nusb = [\"0000:02:00.0/2.1.3\"]\n" +
                a_guest,
            fakes::z97())),
        "0000:02:00.0 at-2 a b\n");
}

TEST(NeededNodes, AreNoneWithoutAMonitorAndNoneForWhatTheMuxReaches)
{
    EXPECT_EQ(shown(needed("[connector.a]\nusb = [\"0000:02:00.0/2\"]\n"
                           "[guest.windows]\ncontrollers = [\"0000:00:1a.0\"]\n",
                           fakes::z97())),
              "");
    EXPECT_EQ(shown(needed("[connector.a]\nmux_bit = 3\n[connector.b]\nbehind = \"a/2\"\n" + a_guest,
                           fakes::z97())),
              "");
    // Bit 2 is port 3 of the xHCI: what is below goes with that socket.
    EXPECT_EQ(
        shown(needed("[connector.a]\nmux_bit = 2\n[connector.b]\nusb = [\"0000:00:14.0/3.1\"]\n" + a_guest,
                     fakes::z97())),
        "");
}

TEST(NeededNodes, ThatAreThereAreTheRootHubTheHubsOnTheWayAndWhatIsAtThePlace)
{
    auto snapshot = fakes::z97();
    auto& hub = fakes::plug(snapshot, "3-2", "hub");
    hub.device_class = 9;
    hub.number = 5;
    fakes::plug(snapshot, "3-2.1", "mouse").number = 6;
    fakes::plug(snapshot, "3-2.1.1", "below").number = 7;
    fakes::plug(snapshot, "3-2.11", "neighbour").number = 8;
    fakes::plug(snapshot, "3-3", "no hub").number = 9;
    const NeededNodes usb2{.controller = *PciAddress::parse("0000:00:14.0"),
                           .superspeed = false,
                           .hubs = {{2}, {3}},
                           .places = {{2, 1}, {3, 4}},
                           .connectors = {}};
    auto superspeed = usb2;
    superspeed.superspeed = true;
    auto absent = usb2;
    absent.controller = *PciAddress::parse("0000:07:00.0");

    std::string there;
    for (const auto& one : those_there(usb2, snapshot))
        there += one.path.text() + " " + std::to_string(one.number) + "\n";

    EXPECT_EQ(there, "usb3 1\n3-2 5\n3-2.1 6\n3-2.1.1 7\n");
    EXPECT_EQ(those_there(superspeed, snapshot).size(), 1U);
    EXPECT_TRUE(those_there(absent, snapshot).empty());
}

} // namespace
} // namespace usbroute::plan
