// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "plan/board.hpp"
#include "plan/ownership.hpp"
#include "plan/plan.hpp"

#include <gtest/gtest.h>

namespace usbroute::topology {
namespace {

config::ConnectorSettings hole(std::string name, std::string_view place)
{
    config::ConnectorSettings settings;
    settings.spec.name = ConnectorName(std::move(name));
    settings.spec.places = {*UsbPlace::parse(place)};
    return settings;
}

config::ConnectorSettings hole_behind(std::string name, std::string_view behind)
{
    config::ConnectorSettings settings;
    settings.spec.name = ConnectorName(std::move(name));
    settings.spec.behind = *BehindConnector::parse(behind);
    return settings;
}

/// The socket "rear" is bit 9: port 6 of the xHCI, port 2 behind EHCI #2's hub.
config::Settings with_hole(config::ConnectorSettings hole)
{
    auto settings = fakes::settings();
    settings.connectors.push_back(std::move(hole));
    return settings;
}

std::string places(const Connector& connector)
{
    std::string text;
    for (const auto& place : connector.places_now()) text += place.text() + " ";
    return text;
}

TEST(HoleBehindASocket, HasItsSideItsOwnerAndAPlaceBelowIt)
{
    for (const auto& settings :
         {with_hole(hole("pad", "0000:00:14.0/6.2")), with_hole(hole_behind("pad", "rear/2")),
          with_hole(hole("pad", "0000:00:1a.0/1.2.2"))}) {
        auto snapshot = fakes::z97();

        auto board = plan::look_at_board(snapshot, settings);
        const auto* pad = board.find(ConnectorName("pad"));
        ASSERT_NE(pad, nullptr);
        EXPECT_EQ(pad->behind, ConnectorName("rear"));
        EXPECT_EQ(places(*pad), "3-6.2 ");
        EXPECT_EQ(plan::text_of(plan::owner_now(snapshot, *pad, settings)), "host");

        // The socket moves to the guest's EHCI, and the hole with it.
        fakes::bits(snapshot).usb2_owner = 0x3dff;
        fakes::controller(snapshot, "00:1a.0").driver = "vfio-pci";
        fakes::controller(snapshot, "00:1a.0").buses.clear();
        board = plan::look_at_board(snapshot, settings);
        pad = board.find(ConnectorName("pad"));
        EXPECT_EQ(pad->side, Side::ehci);
        EXPECT_EQ(places(*pad), "");
        EXPECT_EQ(plan::text_of(plan::owner_now(snapshot, *pad, settings)), "windows");
    }
}

TEST(HoleBehindASocket, IsNotOneBesideIt)
{
    const auto snapshot = fakes::z97();
    for (const auto* place :
         {"0000:00:14.0/1.2", "0000:00:1d.0/1.2.2", "0000:00:14.0/ss6.2", "0000:05:00.0/6.2"}) {
        const auto settings = with_hole(hole("pad", place));

        const auto board = plan::look_at_board(snapshot, settings);

        const auto& pad = *board.find(ConnectorName("pad"));
        EXPECT_NE(pad.behind, ConnectorName("rear")) << place;
    }
}

TEST(HoleBehindASocket, IsMovedWithItAndNeverAlone)
{
    const auto snapshot = fakes::z97();
    const auto settings = with_hole(hole_behind("pad", "rear/2"));
    const HostUse use;
    const auto planned = [&](const char* name) {
        return plan::make_plan(
            {.snapshot = snapshot, .settings = settings, .use = use, .last_change = {}, .standing = {}},
            {.wish = plan::MoveRequest{.connectors = {ConnectorName(name)}, .to = Side::ehci},
             .yes = false,
             .force_disks = {}});
    };

    const auto socket = planned("rear");
    ASSERT_TRUE(std::holds_alternative<plan::Plan>(socket));
    EXPECT_EQ(std::get<plan::Plan>(socket).warnings,
              std::vector<std::string>{"pad is behind rear and goes with it"});

    const auto alone = planned("pad");
    ASSERT_TRUE(std::holds_alternative<plan::Refusal>(alone));
    EXPECT_EQ(plan::text_of(std::get<plan::Refusal>(alone)),
              "pad is behind rear: the mux moves both with bit 9, and neither alone; move rear, and pad goes "
              "with it");
}

TEST(BehindConnector, ReadsBackAsItIsWritten)
{
    for (const auto* text : {"rear/2", "rear/1.2", "rear"})
        EXPECT_EQ(BehindConnector::parse(text)->text(), text);
    for (const auto* text : {"", "/2", "rear/", "rear/0", "rear/x", "re ar/2", "rear/2/3"})
        EXPECT_FALSE(BehindConnector::parse(text)) << text;
}

} // namespace
} // namespace usbroute::topology
