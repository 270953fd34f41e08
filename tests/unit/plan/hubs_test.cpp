// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Sockets of hubs that have a name, and what is expected in a socket.

#include "base/check.hpp"
#include "config/parse.hpp"
#include "fakes/boards.hpp"
#include "plan/board.hpp"
#include "plan/expected.hpp"
#include "plan/needed_nodes.hpp"
#include "plan/ownership.hpp"
#include "plan/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace usbroute::plan {
namespace {

using topology::PortPath;

config::Settings settings_from(std::string_view text)
{
    const std::array files{config::SourceText{.name = "test.toml", .text = std::string(text)}};
    auto parsed = config::parse(files);
    USBROUTE_CHECK(parsed.has_value());
    return std::move(*parsed);
}

constexpr std::string_view desk_configuration = R"(
[connector.rear-1]
usb = ["0000:00:14.0/1", "0000:00:14.0/ss1"]
[connector.rear-2]
usb = ["0000:00:14.0/2", "0000:00:14.0/ss2"]
[connector.desk-2]
usb = ["desk/2"]
[hub.desk]
id = "2109:2813"
[guest.windows]
qmp = "/run/windows.qmp"
[profile.all-host]
[profile.desk-in-windows]
windows = ["desk-2"]
)";

/// A board without a mux, two of its sockets, and a guest that runs.
struct DeskBoard {
    explicit DeskBoard(std::string_view text = desk_configuration) : settings(settings_from(text))
    {
        snapshot = fakes::z97();
        auto& xhci = fakes::controller(snapshot, "00:14.0");
        xhci.vendor = 0x1022;
        xhci.device = 0x149c;
        snapshot.registers.clear();
        attach::GuestUsb usb{.is_running = true, .status = "running"};
        usb.controllers.push_back({.id = "usbroute0",
                                   .path = "/machine/peripheral/usbroute0",
                                   .bus = "usbroute0.0",
                                   .type = "qemu-xhci",
                                   .usb2_ports = 15,
                                   .superspeed_ports = 15});
        attached.guests = {{.name = GuestName("windows"), .usb = std::move(usb)}};
    }

    topology::Device& plug(std::string_view place)
    {
        auto& device = fakes::plug(snapshot, place, "Thing");
        device.number = ++last_number;
        if (device.path.bus() == 4) device.speed = {5'000'000};
        device.interfaces.push_back({.number = 0, .device_class = 0xff, .driver = "thing"});
        return device;
    }
    void plug_hub(std::string_view place)
    {
        auto& hub = plug(place);
        hub.vendor = 0x2109;
        hub.product = hub.path.bus() == 4 ? 0x0813 : 0x2813;
        hub.device_class = 9;
        hub.hub_ports = 4;
        hub.interfaces = {{.number = 0, .device_class = 9, .driver = "hub"}};
    }
    /// Both halves, in the socket rear-1 or rear-2.
    void plug_desk(int socket)
    {
        plug_hub("3-" + std::to_string(socket));
        plug_hub("4-" + std::to_string(socket));
    }
    void unplug_all() { snapshot.devices = {}; }

    [[nodiscard]] Outcome ask(Wish wish) const
    {
        return make_plan({snapshot, settings, use, last, standing, {}, {}, attached, of_devices},
                         {.wish = std::move(wish)});
    }
    Plan move(std::string name, const config::Target& to)
    {
        const auto outcome = ask(MoveRequest{{ConnectorName(std::move(name))}, to});
        USBROUTE_CHECK(std::holds_alternative<Plan>(outcome));
        auto plan = std::get<Plan>(outcome);
        last = plan.change;
        standing = standing ? standing->followed_by(plan.change) : plan.change;
        snapshot.assigned = assigned_after({}, *standing);
        return plan;
    }
    [[nodiscard]] topology::Connector at(std::string name) const
    {
        return *look_at_board(snapshot, settings).find(ConnectorName(std::move(name)));
    }
    [[nodiscard]] std::string owner(std::string name) const
    {
        return text_of(owner_now(at(std::move(name)), settings));
    }

    topology::Snapshot snapshot;
    config::Settings settings;
    topology::HostUse use;
    std::optional<Change> last;
    std::optional<Change> standing;
    attach::Seen attached;
    attach::Remembered of_devices;
    std::uint8_t last_number = 1;
};

GuestName to_windows() { return GuestName("windows"); }

std::string done_by(const Plan& plan)
{
    std::string text;
    for (const auto& step : plan.steps) text += step.reason + "\n";
    return text;
}

TEST(Hubs, ASocketOfAHubIsGivenWithBothHalvesAndWrittenDownByTheHubsName)
{
    DeskBoard board;
    board.plug_desk(1);
    board.plug("3-1.2");
    board.plug("3-1.3");

    const auto plan = board.move("desk-2", to_windows());

    EXPECT_EQ(done_by(plan), "the host's drivers keep away from what is plugged in at 3-1.2\n"
                             "the host's drivers keep away from what is plugged in at 4-1.2\n"
                             "windows gets Thing (1234:5678)\n");
    ASSERT_EQ(plan.change.shifts.size(), 1U);
    EXPECT_EQ(text_of(plan.change.shifts.front().key), "desk/2");
    EXPECT_EQ(board.owner("desk-2"), "windows");
    EXPECT_EQ(board.owner("rear-1"), "host");
}

TEST(Hubs, WhomItsSocketIsForGoesWithTheHubToAnotherSocket)
{
    DeskBoard board;
    board.plug_desk(1);
    (void)board.move("desk-2", to_windows());
    board.unplug_all();
    board.plug_desk(2);
    board.plug("4-2.2");

    const auto plan = std::get<Plan>(board.ask(FollowRequest{}));

    EXPECT_EQ(board.owner("desk-2"), "windows");
    EXPECT_EQ(done_by(plan), "the host's drivers keep away from what is plugged in at 3-2.2\n");
    EXPECT_EQ(board.at("desk-2").places_now().back().text(), "4-2.2");
}

TEST(Hubs, WhatIsInASocketOfAHubIsNotOfTheSocketInWhichTheHubIs)
{
    DeskBoard board;
    board.plug_desk(1);
    board.plug("3-1.2");
    board.plug("3-1.3");

    const auto plan = board.move("rear-1", to_windows());

    EXPECT_EQ(done_by(plan), "the host's drivers keep away from what is plugged in at 3-1.1\n"
                             "the host's drivers keep away from what is plugged in at 3-1.3\n"
                             "the host's drivers keep away from what is plugged in at 3-1.4\n"
                             "the host's drivers keep away from what is plugged in at 4-1.1\n"
                             "the host's drivers keep away from what is plugged in at 4-1.3\n"
                             "the host's drivers keep away from what is plugged in at 4-1.4\n"
                             "windows gets Thing (1234:5678)\n");
    EXPECT_EQ(board.owner("desk-2"), "host");
}

TEST(Hubs, ADiskInASocketOfAHubKeepsNeitherTheHubsSocketNorItsOtherPorts)
{
    DeskBoard board;
    board.plug_desk(1);
    fakes::plug_disk(board.snapshot, "3-1.2", "sdb");
    board.use.mounts = {{.number = "8:17", .source = "/dev/sdb1", .point = "/mnt/stick", .type = "ext4"}};

    EXPECT_TRUE(
        std::holds_alternative<Plan>(board.ask(MoveRequest{{ConnectorName("rear-1")}, to_windows()})));
    const auto refused = board.ask(MoveRequest{{ConnectorName("desk-2")}, to_windows()});
    ASSERT_TRUE(std::holds_alternative<Refusal>(refused));
    EXPECT_EQ(std::get<Refusal>(refused).reason, Reason::disk_in_use);
}

TEST(Hubs, ASocketOfAHubThatIsNotPluggedInCanBeAssignedAndSaysThatItHasNoPlace)
{
    DeskBoard board;
    EXPECT_EQ(board.at("desk-2").missing, "the hub desk (2109:2813) is not plugged in");
    EXPECT_EQ(board.owner("desk-2"), "host");

    const auto plan = board.move("desk-2", to_windows());

    EXPECT_TRUE(plan.steps.empty());
    EXPECT_EQ(plan.warnings.front(),
              "the hub desk (2109:2813) is not plugged in: nothing can be in desk-2 until it is");
    EXPECT_EQ(board.owner("desk-2"), "windows");
    const auto back = std::get<Plan>(board.ask(UndoRequest{}));
    EXPECT_EQ(back.change.shifts.front().to, "host");
}

TEST(Hubs, AProfileAppliesWithoutTheHub)
{
    DeskBoard board;

    const auto outcome = board.ask(ApplyRequest{ProfileName("desk-in-windows")});

    EXPECT_TRUE(std::holds_alternative<Plan>(outcome));
}

TEST(Hubs, OfAModelThatIsThereTwiceAreNotGiven)
{
    DeskBoard board;
    (void)board.move("desk-2", to_windows());
    board.plug_hub("3-1");
    board.plug_hub("3-2");
    board.plug("3-1.2");

    EXPECT_TRUE(std::get<Plan>(board.ask(FollowRequest{})).steps.empty());
    EXPECT_EQ(
        board.at("desk-2").missing,
        "desk (2109:2813) could be the hub at 3-1 and 3-2, so neither is; serial or at tells them apart");
}

TEST(Hubs, BehindASocketOfTheMuxItMovesWithThatSocketAndIsRefusedByItself)
{
    auto snapshot = fakes::z97();
    const auto settings = settings_from(R"(
[connector.front]
mux_bit = 0
superspeed = 1
[connector.desk-2]
usb = ["desk/2"]
[hub.desk]
id = "2109:2813"
[guest.windows]
controllers = ["0000:00:1a.0"]
qmp = "/run/windows.qmp"
)");
    auto& hub = fakes::plug(snapshot, "3-1", "Hub");
    hub.vendor = 0x2109;
    hub.product = 0x2813;
    hub.device_class = 9;
    hub.hub_ports = 4;

    const auto board = look_at_board(snapshot, settings);

    const auto& desk_2 = *board.find(ConnectorName("desk-2"));
    EXPECT_EQ(means_of(desk_2), Means::none);
    EXPECT_EQ(why_not_movable(snapshot, board, desk_2), "it is behind front and goes with it");
    EXPECT_EQ(desk_2.places_now().front().text(), "3-1.2");
    const auto outcome =
        make_plan({.snapshot = snapshot, .settings = settings, .use = {}, .last_change = {}, .standing = {}},
                  {.wish = MoveRequest{{ConnectorName("desk-2")}, to_windows()}});
    ASSERT_TRUE(std::holds_alternative<Refusal>(outcome));
    EXPECT_EQ(std::get<Refusal>(outcome).remedy, "move front, and desk-2 goes with it");
}

TEST(Hubs, NeedTheNodesOfTheHubAndOfWhatIsAtTheirPortsWhereverTheyAre)
{
    DeskBoard board;
    board.plug_desk(1);
    board.plug("3-1.2");
    board.plug("3-1.3");

    const auto needed = needed_hubs(board.snapshot, look_at_board(board.snapshot, board.settings));

    ASSERT_EQ(needed.size(), 1U);
    EXPECT_EQ(needed.front().superspeed_id->text(), "2109:0813");
    std::string there;
    for (const auto& one : those_there(needed.front(), board.snapshot)) there += one.path.text() + " ";
    EXPECT_EQ(there, "3-1 3-1.2 4-1 ");
}

constexpr std::string_view expecting = R"(
[connector.rear-1]
usb = ["0000:00:14.0/1", "0000:00:14.0/ss1"]
expect = "10c4:ea60"
[connector.rear-2]
usb = ["0000:00:14.0/2"]
[guest.windows]
qmp = "/run/windows.qmp"
)";

TEST(Expect, SomethingElseIsRefusedAndWhatIsExpectedGoes)
{
    DeskBoard board(expecting);
    auto& device = board.plug("3-1");

    const auto refused = board.ask(MoveRequest{{ConnectorName("rear-1")}, to_windows()});
    ASSERT_TRUE(std::holds_alternative<Refusal>(refused));
    EXPECT_EQ(code_of(std::get<Refusal>(refused).reason), "not-expected");
    EXPECT_EQ(text_of(std::get<Refusal>(refused)),
              "rear-1 holds Thing (1234:5678), and 10c4:ea60 is expected there; plug 10c4:ea60 in there, "
              "or change expect in [connector.rear-1] of the configuration");

    device.vendor = 0x10c4;
    device.product = 0xea60;
    EXPECT_TRUE(
        std::holds_alternative<Plan>(board.ask(MoveRequest{{ConnectorName("rear-1")}, to_windows()})));
}

TEST(Expect, AnEmptySocketCanBeGivenAndSomethingElseThatIsPluggedInStaysWithTheHost)
{
    DeskBoard board(expecting);
    (void)board.move("rear-1", to_windows());
    board.plug("4-1");

    const auto plan = std::get<Plan>(board.ask(FollowRequest{}));

    ASSERT_EQ(plan.kept.size(), 1U);
    EXPECT_EQ(plan.kept.front().why.reason, Reason::not_expected);
    EXPECT_EQ(done_by(plan).find("windows gets"), std::string::npos);
}

TEST(Expect, NeverKeepsASocketFromComingHome)
{
    DeskBoard board(expecting);
    (void)board.move("rear-1", to_windows());
    board.plug("3-1");

    EXPECT_TRUE(
        std::holds_alternative<Plan>(board.ask(MoveRequest{{ConnectorName("rear-1")}, config::ToHost{}})));
}

TEST(Expect, IsAskedOfWhatIsBehindAHubAndNotOfTheHubUnlessTheHubIsExpected)
{
    DeskBoard board(expecting);
    board.plug_hub("3-1");
    const auto outcome = [&] { return board.ask(MoveRequest{{ConnectorName("rear-1")}, to_windows()}); };
    EXPECT_TRUE(std::holds_alternative<Plan>(outcome()));

    board.plug("3-1.4");
    EXPECT_TRUE(std::holds_alternative<Refusal>(outcome()));

    board.settings.connectors.front().spec.expect = UsbIds{.vendor = 0x2109, .product = 0x2813};
    EXPECT_TRUE(std::holds_alternative<Plan>(outcome()));
}

TEST(Expect, GuardsASocketOfTheMuxOnItsWayToAGuestAndNotFromSideToSide)
{
    auto snapshot = fakes::z97();
    fakes::controller(snapshot, "00:1a.0").driver = "vfio-pci";
    fakes::controller(snapshot, "00:1a.0").buses.clear();
    const auto settings = settings_from(R"(
[connector.front]
mux_bit = 8
expect = "10c4:ea60"
[connector.rear]
mux_bit = 0
expect = "10c4:ea60"
[guest.windows]
controllers = ["0000:00:1a.0"]
)");
    const topology::HostUse use;
    const auto ask = [&](std::string name, config::Target to) {
        return make_plan(
            {.snapshot = snapshot, .settings = settings, .use = use, .last_change = {}, .standing = {}},
            {.wish = MoveRequest{{ConnectorName(std::move(name))}, std::move(to)}});
    };
    const auto board = look_at_board(snapshot, settings);
    for (const auto* name : {"front", "rear"})
        fakes::plug(snapshot, board.find(ConnectorName(name))->places_now().front().text(), "Thing");

    int refused = 0;
    for (const auto* name : {"front", "rear"})
        if (const auto outcome = ask(name, to_windows());
            std::holds_alternative<Refusal>(outcome) &&
            std::get<Refusal>(outcome).reason == Reason::not_expected)
            ++refused;
    EXPECT_EQ(refused, 1) << "only one of them reaches the guest's controller";
    int moved = 0;
    for (const auto* name : {"front", "rear"})
        if (std::holds_alternative<Plan>(ask(name, topology::Side::ehci))) ++moved;
    EXPECT_EQ(moved, 1) << "the other one's EHCI is the guest's";
}

} // namespace
} // namespace usbroute::plan
