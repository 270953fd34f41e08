// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/due.hpp"
#include "fakes/attach_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace usbroute::attach {
namespace {

using fakes::AttachWorld;

GuestName windows() { return GuestName("windows"); }
GuestName bsd() { return GuestName("bsd"); }

/// Two sockets with both halves: rear-1 at 3-1 and 4-1, rear-2 at 3-2 and 4-2.
std::vector<Assignment> sockets(For first, For second = Host{})
{
    return {{.connector = ConnectorName("rear-1"),
             .places = {AttachWorld::at("3-1"), AttachWorld::at("4-1")},
             .whom = std::move(first),
             .slot = 0},
            {.connector = ConnectorName("rear-2"),
             .places = {AttachWorld::at("3-2"), AttachWorld::at("4-2")},
             .whom = std::move(second),
             .slot = 1}};
}

TEST(Due, NothingWhereAllIsTheHosts)
{
    AttachWorld world;
    world.plug("3-1");
    world.start("windows");

    EXPECT_TRUE(due(sockets(Host{}), world.seen, {}).actions.empty());
}

TEST(Due, ADeviceGoesToItsGuestAndComesHomeWithItsDrivers)
{
    AttachWorld world;
    world.plug("3-1");
    world.plug("3-9");
    world.start("windows");

    ASSERT_TRUE(world.settle(sockets(windows())));
    EXPECT_EQ(world.shown(), "3-1 windows usbroute0.0/1, 3-9 host [3-1] [4-1]");

    ASSERT_TRUE(world.settle(sockets(Host{})));
    EXPECT_EQ(world.shown(), "3-1 host, 3-9 host");
}

TEST(Due, BothHalvesOfASocketAreOneAndTheHostsDriversNeverSeeWhatComes)
{
    AttachWorld world;
    world.start("windows");
    ASSERT_TRUE(world.settle(sockets(windows())));

    world.plug("4-1", 0, true);
    EXPECT_FALSE(world.seen.devices.front().is_configured);
    ASSERT_TRUE(world.settle(sockets(windows())));

    EXPECT_EQ(world.shown(), "4-1 windows usbroute0.0/1 [3-1] [4-1]");
}

TEST(Due, EverythingBehindAHubGoesAndTheHubDoesNot)
{
    AttachWorld world;
    world.start("windows");
    ASSERT_TRUE(world.settle(sockets(windows())));

    world.plug("3-1", 4); // dead: its port is claimed
    ASSERT_TRUE(world.settle(sockets(windows())));
    world.plug("3-1.2");
    world.plug("3-1.3", 2);
    ASSERT_TRUE(world.settle(sockets(windows())));
    world.plug("3-1.3.1");
    ASSERT_TRUE(world.settle(sockets(windows())));

    EXPECT_EQ(world.shown(),
              "3-1 host, 3-1.2 windows usbroute0.0/15, 3-1.3 host, "
              "3-1.3.1 windows usbroute0.0/14 [3-1.1] [3-1.2] [3-1.3.1] [3-1.3.2] [3-1.4] [4-1]");

    ASSERT_TRUE(world.settle(sockets(Host{})));
    EXPECT_EQ(world.shown(), "3-1 host, 3-1.2 host, 3-1.3 host, 3-1.3.1 host");
}

/// rear-1 at 3-1, in which a hub is, and one socket of that hub.
std::vector<Assignment> a_socket_within_another(For outer, For inner)
{
    return {{.connector = ConnectorName("rear-1"),
             .places = {AttachWorld::at("3-1")},
             .whom = std::move(outer),
             .slot = 0},
            {.connector = ConnectorName("desk-2"),
             .places = {AttachWorld::at("3-1.2")},
             .whom = std::move(inner),
             .slot = 1}};
}

TEST(Due, OfTwoSocketsTheNearestCountsAndTheRestOfTheHubIsTheOthers)
{
    AttachWorld world;
    world.plug("3-1", 4);
    world.plug("3-1.1");
    world.plug("3-1.2");
    world.start("windows");

    ASSERT_TRUE(world.settle(a_socket_within_another(Host{}, windows())));
    EXPECT_EQ(world.shown(), "3-1 host, 3-1.1 host, 3-1.2 windows usbroute0.0/2 [3-1.2]");

    ASSERT_TRUE(world.settle(a_socket_within_another(windows(), Host{})));
    EXPECT_EQ(world.shown(), "3-1 host, 3-1.1 windows usbroute0.0/15, 3-1.2 host [3-1.1] [3-1.3] [3-1.4]");
}

TEST(Due, APortIsClaimedOnlyOnceItsHubIsThere)
{
    AttachWorld world;
    world.start("windows");
    const std::vector<Assignment> sockets{{.connector = ConnectorName("desk-2"),
                                           .places = {AttachWorld::at("3-1.2")},
                                           .whom = windows(),
                                           .slot = 0}};
    EXPECT_TRUE(due(sockets, world.seen, {}).actions.empty());

    world.plug("3-1", 4);
    ASSERT_TRUE(world.settle(sockets));

    EXPECT_EQ(world.shown(), "3-1 host [3-1.2]");
}

TEST(Due, AfterAReplugTheShellGoesAndTheNewDeviceTakesItsPort)
{
    AttachWorld world;
    world.plug("3-2");
    world.start("windows");
    ASSERT_TRUE(world.settle(sockets(Host{}, windows())));
    ASSERT_EQ(world.shown(), "3-2 windows usbroute0.0/2 [3-2] [4-2]");

    world.plug("3-2"); // gone and back between two looks

    const auto now = due(sockets(Host{}, windows()), world.seen, {});
    ASSERT_EQ(now.actions.size(), 2u);
    EXPECT_TRUE(std::holds_alternative<Take>(now.actions[0])); // before the other is given
    ASSERT_TRUE(world.settle(sockets(Host{}, windows())));
    EXPECT_EQ(world.shown(), "3-2 windows usbroute0.0/2 [3-2] [4-2]");
}

TEST(Due, Invariant12FromGuestToGuestTheFirstLetsGoBeforeTheSecondIsGivenIt)
{
    AttachWorld world;
    world.plug("3-1");
    world.start("windows");
    world.start("bsd");
    ASSERT_TRUE(world.settle(sockets(windows())));

    const auto now = due(sockets(bsd()), world.seen, {});
    ASSERT_EQ(now.actions.size(), 2u);
    EXPECT_EQ(std::get<Take>(now.actions[0]).guest, windows());
    EXPECT_EQ(std::get<Give>(now.actions[1]).guest, bsd());
    ASSERT_TRUE(world.settle(sockets(bsd())));

    EXPECT_EQ(world.shown(), "3-1 bsd usbroute0.0/1 [3-1] [4-1]");
}

TEST(Due, Invariant12OfTwoObjectsForOneDeviceTheSecondGoes)
{
    AttachWorld world;
    world.plug("3-1");
    world.start("windows");
    world.start("bsd");
    ASSERT_TRUE(world.settle(sockets(windows())));
    // A daemon of before had lost count.
    auto object = world.seen.guests[0].usb->host_objects[0];
    world.seen.guests[1].usb->host_objects.push_back(object);
    object.id = "usbroute-3-1";
    world.seen.guests[0].usb->host_objects.push_back(object);

    ASSERT_TRUE(world.settle(sockets(windows())));

    EXPECT_EQ(world.shown(), "3-1 windows usbroute0.0/1 [3-1] [4-1]");
}

TEST(Due, Invariant13WhatIsNotOursIsNeitherTakenNorGiven)
{
    AttachWorld world;
    world.plug("3-1");
    world.plug("3-2");
    world.start("windows");
    world.start("proxmox");
    auto& device = world.seen.devices[0];
    device.with_host = 0;
    device.with_program = 1;
    world.seen.guests[1].usb->host_objects.push_back({.id = "usb0",
                                                      .path = {},
                                                      .bus = "xhci.0",
                                                      .port = "1",
                                                      .host_bus = 3,
                                                      .host_port = "1",
                                                      .host_device = {}});
    world.seen.devices[1].with_program = 1;

    ASSERT_TRUE(world.settle(sockets(windows(), windows())));

    EXPECT_EQ(world.shown(), "3-1 proxmox xhci.0/1, 3-2 host [3-1] [3-2] [4-1] [4-2]");
    ASSERT_EQ(world.waiting.size(), 2u);
    EXPECT_EQ(world.waiting[0].why, Waits::held_by_other);
    EXPECT_EQ(world.waiting[0].by, "proxmox (usb0)");
    EXPECT_EQ(world.waiting[1].by, "another program");
}

TEST(Due, WhatTheHostsDriverHasTakenBackInASleepIsGivenAgain)
{
    AttachWorld world;
    world.plug("3-1");
    world.start("windows");
    ASSERT_TRUE(world.settle(sockets(windows())));
    world.seen.claimed.clear(); // and it was bound again
    world.sleep();
    ASSERT_EQ(world.shown(), "3-1 windows usbroute0.0/1 LOST");

    ASSERT_TRUE(world.settle(sockets(windows())));

    EXPECT_EQ(world.shown(), "3-1 windows usbroute0.0/1 [3-1] [4-1]");
}

TEST(Due, AGuestThatIsKilledLeavesNoDeviceWithoutADriver)
{
    AttachWorld world;
    world.plug("3-1");
    world.start("windows");
    ASSERT_TRUE(world.settle(sockets(windows())));
    world.kill("windows");
    ASSERT_EQ(world.shown(), "3-1 driverless [3-1] [4-1]");

    ASSERT_TRUE(world.settle(sockets(Host{})));

    EXPECT_EQ(world.shown(), "3-1 host");
}

TEST(Due, WhatADriverOfTheHostDoesNotWantIsOfferedOnce)
{
    AttachWorld world;
    world.plug("3-1");
    auto& device = world.seen.devices[0];
    device.with_nobody = 1;
    ASSERT_EQ(due(sockets(Host{}), world.seen, {}).actions.size(), 1u);

    Remembered remembered;
    remembered.offered.insert(device.device);

    EXPECT_TRUE(due(sockets(Host{}), world.seen, remembered).actions.empty());
}

TEST(Due, NobodysSocketIsClaimedAndWhatIsInItStaysThereForNobody)
{
    AttachWorld world;
    world.start("windows");
    ASSERT_TRUE(world.settle(sockets(Nobody{})));
    world.plug("3-1");

    ASSERT_TRUE(world.settle(sockets(Nobody{})));

    EXPECT_EQ(world.shown(), "3-1 nobody [3-1] [4-1]");
}

TEST(Due, TwoFailuresAtOnePlugAndTheHostHasIt)
{
    AttachWorld world;
    world.plug("3-1");
    world.start("windows");
    world.failing.push_back(world.seen.devices[0].device);

    ASSERT_TRUE(world.settle(sockets(windows())));

    EXPECT_EQ(world.failures, 2);
    EXPECT_EQ(world.shown(), "3-1 host [4-1]");
    ASSERT_EQ(world.waiting.size(), 1u);
    EXPECT_EQ(world.waiting[0].why, Waits::failed);
    EXPECT_EQ(world.waiting[0].by, "failed to open host usb device, 2");

    world.plug("3-1"); // the next plug tries again
    ASSERT_TRUE(world.settle(sockets(windows())));
    EXPECT_EQ(world.shown(), "3-1 windows usbroute0.0/1 [3-1] [4-1]");
}

TEST(Due, WhatIsGuardedStaysWithTheHostAndTheRestGoes)
{
    AttachWorld world;
    world.plug("3-1");
    world.plug("3-2");
    world.start("windows");
    world.remembered.stay.insert(world.seen.devices[0].device);

    ASSERT_TRUE(world.settle(sockets(windows(), windows())));

    EXPECT_EQ(world.shown(), "3-1 host, 3-2 windows usbroute0.0/2 [3-2] [4-1] [4-2]");
    EXPECT_EQ(world.waiting[0].why, Waits::stays);
}

TEST(Due, WithoutAFreePortTheHostKeepsIt)
{
    AttachWorld world;
    world.plug("4-1", 0, true);
    world.start("windows");
    world.seen.guests[0].usb->controllers[0].superspeed_ports = 0;

    ASSERT_TRUE(world.settle(sockets(windows())));

    EXPECT_EQ(world.waiting.at(0).why, Waits::no_port);
}

TEST(Due, WhereNodesMayNotBeOpenedNothingIsClaimedAndQemuWaitsAtThePort)
{
    AttachWorld world;
    world.seen.ways.usual = Way::by_place;
    world.plug("3-1");
    world.start("windows");

    const auto now = due(sockets(windows()), world.seen, {});

    ASSERT_EQ(now.actions.size(), 1u);
    EXPECT_EQ(
        shell_line(std::get<Give>(now.actions[0])),
        R"({"execute":"device_add","arguments":{"driver":"usb-host","id":"usbroute-3-1","bus":"usbroute0.0",)"
        R"("port":"1","hostbus":3,"hostport":"1"}})");
}

TEST(Due, ADomainIsGivenADeviceByLibvirtAlsoWhereItsNodeIsShut)
{
    AttachWorld world;
    world.start("windows");
    world.seen.guests[0].domain = Domain{.uri = "qemu:///system", .name = "win 11"};
    ASSERT_TRUE(
        world.settle(sockets(windows()))); // claimed, since libvirt's QEMU opens what comes without a driver
    world.plug("3-1");
    world.seen.ways.shut = {AttachWorld::at("3-1")};

    const auto actions = due(sockets(windows()), world.seen, {}).actions;

    ASSERT_EQ(actions.size(), 2U);
    EXPECT_EQ(actions[0], Action(ReleasePort{.port = AttachWorld::at("3-1")}));
    const auto& give = std::get<Give>(actions[1]);
    EXPECT_EQ(give.way, Way::by_libvirt);
    EXPECT_EQ(in_words(give), "give 3-1 to windows by libvirt, on port 1 of usbroute0.0");
    EXPECT_EQ(
        shell_line(give),
        "virsh -c qemu:///system attach-device 'win 11' --live --file /dev/stdin <<< \"<hostdev mode='subsystem' "
        "type='usb'><source><address bus='3' device='1'/></source><alias name='ua-usbroute-3-1-1'/></hostdev>\"");
}

TEST(Due, ADomainThatIsHandedOpenDevicesIsHandedThoseThatCanBeOpened)
{
    SeenGuest guest{
        .name = windows(), .usb = {}, .domain = Domain{.uri = "x", .name = "y", .by_descriptor = true}};
    const Ways ways{.shut = {AttachWorld::at("3-1")}};

    EXPECT_EQ(way_to(guest, ways, AttachWorld::at("3-1")), Way::by_libvirt);
    EXPECT_EQ(way_to(guest, ways, AttachWorld::at("3-2")), Way::descriptor);
    guest.domain.reset();
    EXPECT_EQ(way_to(guest, ways, AttachWorld::at("3-1")), Way::by_place);
}

TEST(Due, WhatADomainHasLeftOfADeviceThatIsGoneIsTakenByItsAlias)
{
    AttachWorld world;
    world.start("windows");
    auto& guest = world.seen.guests[0];
    guest.domain = Domain{.uri = "qemu:///session", .name = "it's"};
    for (const auto* alias : {"ua-usbroute-3-1-9", "ua-mine", "usbroute-3-1-9"})
        guest.usb->host_objects.push_back({.id = id_of_alias(alias),
                                           .path = {},
                                           .bus = "usb0",
                                           .port = "1",
                                           .host_bus = 3,
                                           .host_address = 9,
                                           .host_port = {},
                                           .host_device = {},
                                           .is_attached = true});
    world.seen.claimed = {AttachWorld::at("3-1"), AttachWorld::at("4-1")};

    const auto actions = due(sockets(windows()), world.seen, {}).actions;

    ASSERT_EQ(actions.size(), 1U); // what others have is theirs
    EXPECT_EQ(shell_line(std::get<Take>(actions[0])),
              "virsh -c qemu:///session detach-device-alias 'it'\\''s' ua-usbroute-3-1-9 --live");
    EXPECT_EQ(in_words(std::get<Take>(actions[0])), "take usbroute-3-1-9 from windows by libvirt");
}

/// libvirt drops an alias with a dot without a word.
TEST(Due, ADeviceBehindAHubIsNamedToVirshAsLibvirtNamesIt)
{
    const Domain domain{.uri = "qemu:///system", .name = "win11"};
    const HostDevice device{.path = AttachWorld::at("3-2.1"), .number = 7};
    const Give give{.guest = windows(),
                    .device = device,
                    .to = {.bus = "usb0", .port = 2},
                    .way = Way::by_libvirt,
                    .domain = domain};
    const Take take{.guest = windows(), .object = give.object(), .domain = domain};

    EXPECT_EQ(
        shell_line(give),
        "virsh -c qemu:///system attach-device 'win11' --live --file /dev/stdin <<< \"<hostdev mode='subsystem' "
        "type='usb'><source><address bus='3' device='7'/></source><alias name='ua-usbroute-3-2_1-7'/>"
        "<address type='usb' bus='0' port='2'/></hostdev>\"");
    EXPECT_EQ(shell_line(take),
              "virsh -c qemu:///system detach-device-alias 'win11' ua-usbroute-3-2_1-7 --live");
}

TEST(Due, NoControllerIsAddedToADomain)
{
    AttachWorld world;
    world.start("windows");
    auto& guest = world.seen.guests[0];
    guest.domain = Domain{.uri = "qemu:///system", .name = "win11"};
    guest.usb->controllers.clear();
    guest.usb->free_root_ports = {"rp1"};
    world.plug("3-1");

    const auto made = due(sockets(windows()), world.seen, {});

    EXPECT_FALSE(guest.can_be_given_a_controller());
    for (const auto& action : made.actions) EXPECT_FALSE(std::holds_alternative<AddController>(action));
    ASSERT_EQ(made.waiting.size(), 1);
    EXPECT_EQ(made.waiting[0].why, Waits::no_port);
    EXPECT_EQ(made.waiting[0].domain, guest.domain);
}

TEST(Due, ANodeThatIsShutChangesTheWayOfItsOwnSocketAndOfNoOther)
{
    AttachWorld world;
    world.plug("3-1");
    world.plug("3-2");
    world.start("windows");
    world.seen.ways.shut = {AttachWorld::at("3-1")};

    const auto actions = due(sockets(windows(), windows()), world.seen, {}).actions;

    std::string gives;
    for (const auto& action : actions) {
        EXPECT_NE(action, Action(ClaimPort{.port = AttachWorld::at("3-1")}));
        if (const auto* give = std::get_if<Give>(&action)) gives += give->object().text() + " ";
    }
    EXPECT_EQ(gives, "usbroute-3-1 usbroute-3-2-2 "); // QEMU waits at the first, and is handed the second
}

TEST(Due, AHubThatIsShutChangesTheWayOfItsPorts)
{
    const Ways ways{.shut = {AttachWorld::at("3-1"), AttachWorld::at("usb4")}};

    EXPECT_EQ(ways.at(AttachWorld::at("3-1")), Way::by_place);
    EXPECT_EQ(ways.at(AttachWorld::at("3-1.2")), Way::by_place); // cannot be claimed
    EXPECT_EQ(ways.at(AttachWorld::at("3-1.2.1")), Way::descriptor);
    EXPECT_EQ(ways.at(AttachWorld::at("3-2")), Way::descriptor);
    EXPECT_EQ(ways.at(AttachWorld::at("4-2")), Way::by_place);
}

TEST(Due, WhatFindsNoPortIsTheHostsUntilOneIsFree)
{
    AttachWorld world;
    world.start("windows");
    auto& controller = world.seen.guests[0].usb->controllers[0];
    controller.usb2_ports = 0;
    controller.superspeed_ports = 0;
    ASSERT_TRUE(world.settle(sockets(windows()))); // claimed, so that what comes has no driver
    world.plug("3-1");
    ASSERT_TRUE(world.settle(sockets(windows())));

    EXPECT_EQ(world.shown(), "3-1 host [4-1]");
    ASSERT_EQ(world.waiting.size(), 1U);
    EXPECT_EQ(world.waiting[0].why, Waits::no_port);
    EXPECT_EQ(world.waiting[0].guest, windows());
    EXPECT_EQ(world.waiting[0].controller.text(), "usbroute1");

    world.seen.guests[0].usb->controllers[0].usb2_ports = 4;
    ASSERT_TRUE(world.settle(sockets(windows())));
    EXPECT_EQ(world.shown(), "3-1 windows usbroute0.0/1 [3-1] [4-1]");
}

TEST(Due, OneControllerIsAddedForAllThatFindNoPort)
{
    AttachWorld world;
    world.plug("3-1");
    world.plug("3-2");
    world.start("windows");
    auto& usb = *world.seen.guests[0].usb;
    usb.controllers[0].usb2_ports = 0;
    usb.free_root_ports = {"rp1", "rp2"};

    ASSERT_TRUE(world.settle(sockets(windows(), windows())));

    EXPECT_EQ(world.shown(), "3-1 windows usbroute1.0/1, 3-2 windows usbroute1.0/2 [3-1] [3-2] [4-1] [4-2]");
    EXPECT_EQ(world.controllers_added, 1);
    EXPECT_EQ(usb.free_root_ports, std::vector<std::string>{"rp2"});
}

TEST(Due, ARootPortThatTakesNoControllerIsNotTriedAgain)
{
    AttachWorld world;
    world.plug("3-1");
    world.start("windows");
    auto& usb = *world.seen.guests[0].usb;
    usb.controllers[0].usb2_ports = 0;
    usb.free_root_ports = {"rp1"};
    world.refuses_controllers = true;
    const auto now = due(sockets(windows()), world.seen, {});
    ASSERT_TRUE(std::holds_alternative<AddController>(now.actions.at(now.actions.size() - 2)));
    world.remembered.refused_root_ports = {{windows(), "rp1"}};

    ASSERT_TRUE(world.settle(sockets(windows())));

    EXPECT_EQ(world.shown(), "3-1 host [4-1]");
    EXPECT_EQ(world.waiting.at(0).why, Waits::no_port);
}

TEST(Due, WhatIsBehindAHubHasItsPortAgainAfterAnotherPlugAndAnotherStartOfTheGuest)
{
    AttachWorld world;
    world.start("windows");
    world.plug("3-1", 4);
    world.plug("3-1.1");
    world.plug("3-1.2");
    ASSERT_TRUE(world.settle(sockets(windows())));
    const auto before = world.shown();
    ASSERT_EQ(before, "3-1 host, 3-1.1 windows usbroute0.0/15, 3-1.2 windows usbroute0.0/14 "
                      "[3-1.1] [3-1.2] [3-1.3] [3-1.4] [4-1]");

    world.unplug("3-1.1");
    ASSERT_TRUE(world.settle(sockets(windows())));
    world.plug("3-1.3"); // does not take what is kept for 3-1.1
    ASSERT_TRUE(world.settle(sockets(windows())));
    world.unplug("3-1.3");
    world.plug("3-1.1");
    ASSERT_TRUE(world.settle(sockets(windows())));
    EXPECT_EQ(world.shown(), before);

    world.quit("windows");
    ASSERT_TRUE(world.settle(sockets(Host{})));
    world.unplug("3-1.1");
    world.start("windows");
    ASSERT_TRUE(world.settle(sockets(windows())));
    world.plug("3-1.1");
    ASSERT_TRUE(world.settle(sockets(windows())));
    EXPECT_EQ(world.shown(), before);
}

TEST(Due, OfTwoFailuresBothErrorsAreKept)
{
    AttachWorld world;
    world.plug("3-1");
    world.start("windows");
    world.failing = {world.seen.devices[0].device};

    ASSERT_TRUE(world.settle(sockets(windows())));

    ASSERT_EQ(world.waiting.size(), 1U);
    EXPECT_EQ(world.waiting[0].why, Waits::failed);
    EXPECT_EQ(world.waiting[0].errors, (std::vector<std::string>{"failed to open host usb device, 1",
                                                                 "failed to open host usb device, 2"}));
}

/// EVE's usbmanager has the same: in whatever order device, guest, assignment and daemon come, the end is one.
TEST(Due, EveryOrderOfEventsEndsTheSame)
{
    using Event = std::function<void(AttachWorld&, std::vector<Assignment>&)>;
    const std::array<Event, 6> events = {
        [](AttachWorld& world, auto&) { world.plug("3-1"); },
        [](AttachWorld& world, auto&) {
            world.plug("3-2", 4);
            world.plug("3-2.1");
        },
        [](AttachWorld& world, auto&) { world.start("windows"); },
        [](AttachWorld&, auto& assigned) { assigned = sockets(windows(), windows()); },
        [](AttachWorld& world, auto&) { world.daemon_dies(); },
        [](AttachWorld& world, auto&) { world.sleep(); },
    };
    std::array<std::size_t, 6> order{0, 1, 2, 3, 4, 5};
    int orders = 0;
    do {
        for (const bool settles_between : {true, false}) {
            AttachWorld world;
            auto assigned = sockets(Host{});
            for (const auto which : order) {
                events[which](world, assigned);
                if (!settles_between) continue;
                ASSERT_TRUE(world.settle(assigned));
            }
            ASSERT_TRUE(world.settle(assigned));
            ASSERT_EQ(world.shown(), "3-1 windows usbroute0.0/1, 3-2 host, 3-2.1 windows usbroute0.0/15 "
                                     "[3-1] [3-2.1] [3-2.2] [3-2.3] [3-2.4] [4-1] [4-2]")
                << testing::PrintToString(order) << settles_between;
        }
        ++orders;
    } while (std::ranges::next_permutation(order).found);
    EXPECT_EQ(orders, 720);
}

TEST(Due, WithoutNodesQemuGivesBackAndWhatAKilledOneLeavesIsTold)
{
    AttachWorld world;
    world.seen.ways.usual = Way::by_place;
    world.plug("3-1");
    world.start("windows");
    ASSERT_TRUE(world.settle(sockets(windows())));

    const auto home = due(sockets(Host{}), world.seen, {}).actions;
    ASSERT_EQ(home.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<Take>(home.front()));

    world.kill("windows");
    const auto left = due(sockets(Host{}), world.seen, {});
    EXPECT_TRUE(left.actions.empty());
    ASSERT_EQ(left.waiting.size(), 1U);
    EXPECT_EQ(left.waiting.front().why, Waits::no_right);
}

TEST(Due, WhatIsParkedIsTakenFromTheHostsDriversAndComesBackToThem)
{
    AttachWorld world;
    world.plug("3-1");

    ASSERT_TRUE(world.settle(sockets(Nobody{})));
    EXPECT_EQ(world.shown(), "3-1 driverless [3-1] [4-1]");

    ASSERT_TRUE(world.settle(sockets(Host{})));
    EXPECT_EQ(world.shown(), "3-1 host");
}

TEST(Due, WhatHasNoDriverInASocketOfTheHostsOwnIsLeftAlone)
{
    AttachWorld world;
    world.plug("3-1");
    auto& device = world.seen.devices.front();
    device.with_nobody = std::exchange(device.with_host, std::uint8_t{0});
    auto own = sockets(Host{});
    for (auto& socket : own) socket.heals = false;

    EXPECT_TRUE(due(own, world.seen, {}).actions.empty());
    EXPECT_EQ(due(sockets(Host{}), world.seen, {}).actions.size(), 1U);

    Remembered left_by_a_guest;
    left_by_a_guest.guests_had.insert(device.device);
    EXPECT_EQ(due(own, world.seen, left_by_a_guest).actions.size(), 1U);
}

TEST(Due, WhatAGuestHasLostIsTakenAndGivenAgain)
{
    AttachWorld world;
    world.plug("3-1");
    world.start("windows");
    ASSERT_TRUE(world.settle(sockets(windows())));
    auto& device = world.seen.devices.front();
    device.with_nobody =
        std::exchange(device.with_program, std::uint8_t{0}); // after a sleep, in a claimed port

    EXPECT_TRUE(due(sockets(windows()), world.seen, {}).actions.empty()) << "the guest may not use it yet";

    Remembered remembered;
    remembered.lost.insert(device.device);
    const auto actions = due(sockets(windows()), world.seen, remembered).actions;
    ASSERT_EQ(actions.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<Take>(actions[0]));
    EXPECT_TRUE(std::holds_alternative<Give>(actions[1]));
}

} // namespace
} // namespace usbroute::attach
