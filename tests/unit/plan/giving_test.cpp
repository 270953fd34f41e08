// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/check.hpp"
#include "config/parse.hpp"
#include "fakes/boards.hpp"
#include "plan/given_sockets.hpp"
#include "plan/plan.hpp"
#include "plan/plugged.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace usbroute::plan {
namespace {

using config::ToHost;
using topology::PortPath;

constexpr std::string_view configuration = R"(
[connector.rear-1]
usb = ["0000:00:14.0/1", "0000:00:14.0/ss1"]
[connector.rear-2]
usb = ["0000:00:14.0/2", "0000:00:14.0/ss2"]
[guest.windows]
controllers = ["0000:00:1a.0"]
qmp = "/run/windows.qmp"
[profile.all-host]
[profile.desk]
windows = ["rear-1", "rear-2"]
may_take_last_keyboard = true
)";

/// A board whose one controller has no mux, with two sockets of two halves each, and one guest.
struct PlainBoard {
    PlainBoard()
    {
        snapshot = fakes::z97();
        auto& xhci = fakes::controller(snapshot, "00:14.0");
        xhci.vendor = 0x1022;
        xhci.device = 0x149c;
        snapshot.registers.clear();
        const std::array files{config::SourceText{.name = "test.toml", .text = std::string(configuration)}};
        auto parsed = config::parse(files);
        USBROUTE_CHECK(parsed.has_value());
        settings = std::move(*parsed);
    }

    topology::Device& plug(std::string_view place)
    {
        auto& device = fakes::plug(snapshot, place, "Thing");
        device.number = ++last_number;
        device.interfaces.push_back({.number = 0, .device_class = 0xff, .driver = "thing"});
        return device;
    }
    topology::Device& plug_keyboard(std::string_view place)
    {
        auto& device = fakes::plug(snapshot, place, "Keyboard");
        device.number = ++last_number;
        device.interfaces.push_back(
            {.number = 0, .device_class = 3, .subclass = 1, .protocol = 1, .driver = "usbhid"});
        return device;
    }
    void start_windows()
    {
        attach::GuestUsb usb{.is_running = true, .status = "running"};
        usb.controllers.push_back({.id = "usbroute0",
                                   .path = "/machine/peripheral/usbroute0",
                                   .bus = "usbroute0.0",
                                   .type = "qemu-xhci",
                                   .usb2_ports = 15,
                                   .superspeed_ports = 15});
        attached.guests = {{.name = GuestName("windows"), .usb = std::move(usb)}};
    }
    void assign(std::string_view connector, std::string_view whom)
    {
        auto change =
            std::get<Plan>(ask(MoveRequest{{ConnectorName(std::string(connector))},
                                           whom == "host" ? config::Target(ToHost{})
                                                          : config::Target(GuestName(std::string(whom)))},
                               true))
                .change;
        standing = standing ? standing->followed_by(change) : change;
        snapshot.assigned = assigned_after({}, *standing);
    }

    [[nodiscard]] Outcome ask(Wish wish, bool yes = false) const
    {
        return make_plan({snapshot, settings, use, {}, standing, lines, trial, attached, of_devices},
                         {.wish = std::move(wish), .yes = yes});
    }
    [[nodiscard]] Plan follow(FollowRequest request = {}) const
    {
        return std::get<Plan>(ask(std::move(request)));
    }

    topology::Snapshot snapshot;
    config::Settings settings;
    topology::HostUse use;
    std::optional<Change> standing;
    std::vector<config::ListenerSettings> lines;
    std::optional<Change> trial;
    attach::Seen attached;
    attach::Remembered of_devices;
    std::uint8_t last_number = 1;
};

MoveRequest to_windows(std::string connector)
{
    return {{ConnectorName(std::move(connector))}, GuestName("windows")};
}

std::string reasons_of(const Plan& plan)
{
    std::string text;
    for (const auto& step : plan.steps) text += step.reason + "\n";
    return text;
}

TEST(Giving, ClaimsBothHalvesAndGivesWhatIsPluggedIn)
{
    PlainBoard board;
    board.plug("3-1");
    board.start_windows();

    const auto plan = std::get<Plan>(board.ask(to_windows("rear-1")));

    EXPECT_EQ(reasons_of(plan), "the host's drivers keep away from what is plugged in at 3-1\n"
                                "the host's drivers keep away from what is plugged in at 4-1\n"
                                "windows gets Thing (1234:5678)\n");
    ASSERT_EQ(plan.movements.size(), 1u);
    EXPECT_EQ(text_of(plan.movements.front().owner_after), "windows");
}

TEST(Giving, AGuestThatIsOffHasTheSocketAndTheHostWhatIsInIt)
{
    PlainBoard board;
    board.plug("3-1");
    board.attached.guests = {{.name = GuestName("windows"), .usb = {}, .is_gone = true}};

    const auto plan = std::get<Plan>(board.ask(to_windows("rear-1")));

    EXPECT_TRUE(plan.steps.empty());
    EXPECT_TRUE(plan.changes_something());
    ASSERT_FALSE(plan.warnings.empty());
    EXPECT_EQ(plan.warnings.front(), "windows does not run: what is in rear-1 is the host's until it does");
}

TEST(Giving, TheHostsOnlyKeyboardIsRefusedAndGoesWithAYes)
{
    PlainBoard board;
    board.plug_keyboard("3-1");
    board.start_windows();

    const auto refused = board.ask(to_windows("rear-1"));

    ASSERT_TRUE(std::holds_alternative<Refusal>(refused));
    EXPECT_EQ(std::get<Refusal>(refused).reason, Reason::last_keyboard);
    EXPECT_TRUE(std::holds_alternative<Plan>(board.ask(to_windows("rear-1"), true)));
}

TEST(Giving, AskedForAgainWhatWasLeftWithTheHostGoesUnderTheGuardsOfAMove)
{
    PlainBoard board;
    board.start_windows();
    board.assign("rear-1", "windows");
    fakes::plug_disk(board.snapshot, "3-1", "sdb");
    auto devices = board.snapshot.devices.flat();
    auto disk = *devices.front();
    disk.interfaces = {{.number = 0, .device_class = 8, .driver = "usb-storage"}};
    board.snapshot.devices = topology::in_order({std::make_shared<const topology::Device>(disk)});
    board.of_devices.stay.insert({.path = *PortPath::parse("3-1"), .number = disk.number});

    board.use.mounts = {{.number = "8:17", .source = "/dev/sdb1", .point = "/mnt/stick", .type = "ext4"}};
    const auto refused = board.ask(to_windows("rear-1"));
    ASSERT_TRUE(std::holds_alternative<Refusal>(refused));
    EXPECT_EQ(std::get<Refusal>(refused).reason, Reason::disk_in_use);

    board.use.mounts.clear();
    const auto plan = std::get<Plan>(board.ask(to_windows("rear-1")));
    EXPECT_EQ(plan.steps.back().reason, "windows gets Flash Disk (1234:5678)");
    EXPECT_TRUE(plan.change.is_empty());
}

TEST(Giving, UndoneWhereItWasGiven)
{
    PlainBoard board;
    board.plug("3-1");
    board.start_windows();

    const auto plan = std::get<Plan>(board.ask(to_windows("rear-1")));

    const auto& give = plan.steps.back();
    ASSERT_TRUE(give.inverse.has_value());
    EXPECT_EQ(shell_line(*give.inverse), R"({"execute":"device_del","arguments":{"id":"usbroute-3-1-2"}})");
    EXPECT_EQ(
        plan.change.inverse().after(),
        (std::vector<topology::Placed>{{.key = *topology::key_from("0000:00:14.0/1"), .word = "host"},
                                       {.key = *topology::key_from("0000:00:14.0/ss1"), .word = "host"}}));
}

TEST(Following, NothingWhereAllSocketsAreTheHosts)
{
    PlainBoard board;
    board.plug("3-1");
    board.start_windows();

    EXPECT_TRUE(board.follow().steps.empty());
}

TEST(Following, APlugIntoAGuestsSocketIsGivenOnePlaceAtATime)
{
    PlainBoard board;
    board.start_windows();
    board.assign("rear-1", "windows");
    board.attached.claimed = {*PortPath::parse("3-1"), *PortPath::parse("4-1")};
    board.plug("3-1");

    const auto plan = board.follow();

    EXPECT_EQ(reasons_of(plan), "windows gets Thing (1234:5678)\n");
    EXPECT_TRUE(plan.change.is_empty());
    EXPECT_TRUE(std::get<Plan>(board.ask(FollowRequest{.leave = {*PortPath::parse("3-1")}})).steps.empty());
}

TEST(Following, TheOnlyKeyboardStaysAndGoesWhenAnotherComes)
{
    PlainBoard board;
    board.start_windows();
    board.assign("rear-1", "windows");
    board.attached.claimed = {*PortPath::parse("3-1"), *PortPath::parse("4-1")};
    board.plug_keyboard("3-1");
    if (board.standing)
        for (auto& shift : board.standing->shifts) shift.keyboard_may_go = false;

    const auto alone = board.follow();

    ASSERT_EQ(alone.kept.size(), 1u);
    EXPECT_EQ(alone.kept.front().why.reason, Reason::last_keyboard);
    EXPECT_EQ(reasons_of(alone), "the host's drivers may have what is plugged in at 3-1\n");

    board.plug_keyboard("3-9");
    const auto with_another = board.follow();

    EXPECT_TRUE(with_another.kept.empty());
    EXPECT_EQ(reasons_of(with_another), "windows gets Keyboard (1234:5678)\n");
}

TEST(Following, AKeyboardThatComesIntoAClaimedPortIsOneBeforeAnyDriverHasIt)
{
    PlainBoard board;
    board.start_windows();
    board.assign("rear-1", "windows");
    board.attached.claimed = {*PortPath::parse("3-1"), *PortPath::parse("4-1")};
    auto& keyboard = board.plug_keyboard("3-1");
    keyboard.interfaces.front().driver.clear();
    keyboard.is_configured = false;
    keyboard.first_configuration = 1;

    const auto plan = board.follow();

    ASSERT_EQ(plan.kept.size(), 1u);
    EXPECT_EQ(reasons_of(plan), "the host's drivers may have what is plugged in at 3-1\n"
                                "the host's drivers get Keyboard (1234:5678)\n");
}

TEST(Following, TheKeyboardsAreLookedForOnlyWhereOneMayGo)
{
    PlainBoard board;
    board.start_windows();
    board.assign("rear-1", "windows");
    board.attached.claimed = {*PortPath::parse("3-1"), *PortPath::parse("4-1")};
    auto& device = board.plug("3-1");
    device.is_configured = false;
    device.interfaces.front() = {.number = 0, .device_class = 3, .subclass = 1, .protocol = 2};

    EXPECT_FALSE(board.follow().use_needed.inputs) << "a mouse that no driver has";

    device.interfaces.front().protocol = 1;
    EXPECT_TRUE(board.follow().use_needed.inputs) << "a keyboard that no driver has";

    device.is_configured = true;
    device.interfaces.front() = {.number = 0, .device_class = 3, .driver = "usbhid"};
    EXPECT_TRUE(board.follow().use_needed.inputs) << "what a driver has may be anything";
}

TEST(Following, OfTwoKeyboardsThatAreBothAGuestsTheFirstStays)
{
    PlainBoard board;
    board.start_windows();
    board.assign("rear-1", "windows");
    board.assign("rear-2", "windows");
    board.plug_keyboard("3-1");
    board.plug_keyboard("3-2");
    for (auto& shift : board.standing->shifts) shift.keyboard_may_go = false;

    const auto plan = board.follow();

    ASSERT_EQ(plan.kept.size(), 1u);
    EXPECT_EQ(plan.kept.front().device.path, *PortPath::parse("3-1"));
}

TEST(Following, ATrialDoesNotLetTheOnlyKeyboardGoWhichWhoBeganItMayNotSayYesTo)
{
    PlainBoard board;
    board.start_windows();
    board.assign("rear-1", "windows");
    board.trial = board.standing;
    board.plug_keyboard("3-1");

    ASSERT_EQ(board.follow().kept.size(), 1u);
}

TEST(Following, WhatAProfileLetsGoGoesWithTheLastKeyboard)
{
    PlainBoard board;
    board.start_windows();
    const auto applied = std::get<Plan>(board.ask(ApplyRequest{ProfileName("desk")}));
    board.standing = applied.change;
    board.snapshot.assigned = assigned_after({}, applied.change);
    board.plug_keyboard("3-1");

    EXPECT_TRUE(board.follow().kept.empty());
}

TEST(Following, ADiskInUseIsNeverGivenByItself)
{
    PlainBoard board;
    board.start_windows();
    board.assign("rear-1", "windows");
    fakes::plug_disk(board.snapshot, "3-1", "sdb");
    board.use.mounts = {{.number = "8:17", .source = "/dev/sdb1", .point = "/mnt/stick", .type = "ext4"}};

    const auto plan = board.follow();

    ASSERT_EQ(plan.kept.size(), 1u);
    EXPECT_EQ(plan.kept.front().why.reason, Reason::disk_in_use);
}

TEST(Following, WhenTheGuestIsGoneWhatItHadComesHomeAndGoesAgainWhenItIsBack)
{
    PlainBoard board;
    board.start_windows();
    board.assign("rear-1", "windows");
    board.attached.claimed = {*PortPath::parse("3-1"), *PortPath::parse("4-1")};
    auto& thing = board.plug("3-1");
    thing.interfaces.front().driver.clear(); // QEMU was killed, and nobody has given it back

    board.attached.guests = {{.name = GuestName("windows"), .usb = {}, .is_gone = true}};
    EXPECT_EQ(reasons_of(board.follow()), "the host's drivers may have what is plugged in at 3-1\n"
                                          "the host's drivers get Thing (1234:5678)\n");

    board.start_windows();
    EXPECT_EQ(reasons_of(board.follow()), "windows gets Thing (1234:5678)\n");
}

TEST(Giving, WithoutAPortTheWarningHasTheLineOfOneMoreController)
{
    PlainBoard board;
    fakes::plug(board.snapshot, "4-1", "Disk").speed.kilobit = 5'000'000;
    board.start_windows();
    board.attached.guests[0].usb->controllers[0].superspeed_ports = 0;

    const auto plan = std::get<Plan>(board.ask(to_windows("rear-1")));

    EXPECT_EQ(
        plan.warnings,
        std::vector<std::string>{
            "Disk (1234:5678) stays with the host: windows has no free USB 3 port; give its QEMU one more "
            "controller: -device qemu-xhci,id=usbroute1,p2=15,p3=15"});
    EXPECT_EQ(reasons_of(plan), "the host's drivers keep away from what is plugged in at 3-1\n");
}

TEST(Giving, WhereTheGuestHasRoomAControllerComesFirstAndStaysWhenTheMoveIsUndone)
{
    PlainBoard board;
    board.plug("3-1");
    board.start_windows();
    board.attached.guests[0].usb->controllers[0].usb2_ports = 0;
    board.attached.guests[0].usb->free_root_ports = {"rp1"};

    const auto plan = std::get<Plan>(board.ask(to_windows("rear-1")));

    EXPECT_EQ(reasons_of(plan),
              "the host's drivers keep away from what is plugged in at 3-1\n"
              "the host's drivers keep away from what is plugged in at 4-1\n"
              "windows has no free port for Thing (1234:5678), and gets a controller with 15 until it ends\n"
              "windows gets Thing (1234:5678)\n");
    EXPECT_FALSE(plan.steps[2].inverse.has_value());
    EXPECT_EQ(
        shell_line(plan.steps[2].action),
        R"({"execute":"device_add","arguments":{"driver":"qemu-xhci","id":"usbroute1","bus":"rp1","p2":15,"p3":15}})");
    EXPECT_EQ(std::get<attach::Give>(plan.steps[3].action).to.bus, "usbroute1.0");
    EXPECT_TRUE(plan.warnings.empty());
}

TEST(Following, AControllerComesAlongWithTheFirstDeviceThatNeedsItOrTheNext)
{
    PlainBoard board;
    board.start_windows();
    board.assign("rear-1", "windows");
    board.assign("rear-2", "windows");
    board.attached.claimed = {*PortPath::parse("3-1"), *PortPath::parse("3-2"), *PortPath::parse("4-1"),
                              *PortPath::parse("4-2")};
    board.plug("3-1");
    board.plug("3-2");
    board.attached.guests[0].usb->controllers[0].usb2_ports = 0;
    board.attached.guests[0].usb->free_root_ports = {"rp1"};

    EXPECT_EQ(board.follow().steps.size(), 2U); // one place at a time
    const auto next = std::get<Plan>(board.ask(FollowRequest{.leave = {*PortPath::parse("3-1")}}));
    ASSERT_EQ(next.steps.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<attach::AddController>(next.steps[0].action));
    EXPECT_EQ(std::get<attach::Give>(next.steps[1].action).device.path.text(), "3-2");
}

/// "rear-1 descriptor guest-off; rear-2 place"
std::string shown_given(const PlainBoard& board)
{
    std::string text;
    for (const auto& socket : given_sockets(board.follow(), board.snapshot, board.settings)) {
        text += text.empty() ? "" : "; ";
        text += socket.connector.text();
        text += socket.way == attach::Way::descriptor ? " descriptor" : " place";
        for (const auto& wait : socket.waits)
            text += " " + (wait.place ? wait.place->text() + " " : std::string()) + wait.code;
    }
    return text;
}

TEST(GivenSockets, SayWhichWayItIsAndWhatWaits)
{
    PlainBoard board;
    board.plug("3-1");
    board.plug_keyboard("3-2");
    board.start_windows();
    EXPECT_EQ(shown_given(board), "");
    board.assign("rear-1", "windows");
    board.assign("rear-2", "windows");
    board.standing.reset(); // nobody has said yes to the keyboard

    EXPECT_EQ(shown_given(board), "rear-1 descriptor 3-1 under-way; rear-2 descriptor 3-2 kept");

    board.attached.ways.shut = {*PortPath::parse("3-1")};
    EXPECT_EQ(shown_given(board), "rear-1 place 3-1 under-way; rear-2 descriptor 3-2 kept");

    board.attached.guests[0].usb->is_running = false;
    EXPECT_EQ(shown_given(board), "rear-1 place guest-paused 3-1 under-way; rear-2 descriptor 3-2 kept");

    board.attached.ways = {};
    board.attached.guests[0].usb.reset();
    EXPECT_EQ(shown_given(board), "rear-1 descriptor monitor-silent; rear-2 descriptor monitor-silent");

    board.attached.guests[0].is_gone = true;
    EXPECT_EQ(shown_given(board), "rear-1 descriptor guest-off; rear-2 descriptor guest-off");
}

TEST(GivenSockets, OfADomainAreGivenByLibvirtAndSayWhyLibvirtIsSilent)
{
    PlainBoard board;
    board.plug("3-1");
    board.start_windows();
    board.assign("rear-1", "windows");
    auto& guest = board.attached.guests[0];
    guest.domain = attach::Domain{.uri = "qemu:///system", .name = "win11"};
    const auto first = [&] { return given_sockets(board.follow(), board.snapshot, board.settings).at(0); };
    EXPECT_EQ(first().way, attach::Way::by_libvirt);
    EXPECT_EQ(first().waits.at(0).code, "under-way");

    guest.usb->controllers.clear();
    EXPECT_EQ(first().waits.at(0).code, "no-port");
    EXPECT_EQ(first().waits.at(0).sentence,
              "no free USB port in the domain win11: add this controller to its XML, and start it anew: "
              "<controller type='usb' model='qemu-xhci' ports='15'/>");

    guest.usb.reset();
    guest.silence = attach::Silence{.code = "no-libvirt", .why = "libvirt does not answer at qemu:///system"};
    EXPECT_EQ(first().waits.at(0).code, "monitor-silent");
    EXPECT_EQ(first().waits.at(0).sentence,
              "libvirt does not answer at qemu:///system: what is plugged in waits");

    guest.is_gone = true;
    guest.silence =
        attach::Silence{.code = "no-domain", .why = "libvirt has no domain win11 at qemu:///system"};
    EXPECT_EQ(first().waits.at(0).code, "guest-off");
    EXPECT_EQ(
        first().waits.at(0).sentence,
        "libvirt has no domain win11 at qemu:///system: what is plugged in is the host's until it does");
}

TEST(GivenSockets, SayThatAPlugHasNotStartedTheirGuest)
{
    PlainBoard board;
    board.start_windows();
    board.assign("rear-1", "windows");
    auto sockets = given_sockets(board.follow(), board.snapshot, board.settings);

    add_not_started(sockets, GuestName("linux"), "no");
    EXPECT_TRUE(sockets.at(0).waits.empty());
    add_not_started(sockets, GuestName("windows"), "libvirt refused");

    EXPECT_EQ(sockets.at(0).waits.at(0).code, "not-started");
    EXPECT_EQ(sockets.at(0).waits.at(0).sentence, "libvirt refused");
    EXPECT_EQ(wait_in_general_words("not-started"), "the guest was not started for it");
}

TEST(ForGuests, AreThoseThatAGuestWouldGetIfItRan)
{
    PlainBoard board;
    const auto& mouse = board.plug("3-1");
    const attach::HostDevice first{.path = mouse.path, .number = mouse.number};
    board.start_windows();
    board.assign("rear-1", "windows");
    board.attached.guests[0].usb.reset();
    board.attached.guests[0].is_gone = true;
    const auto meant = [&](const std::vector<attach::HostDevice>& devices) {
        return for_guests(devices, board.follow({.as_if_guests_run = true}), board.snapshot, board.settings);
    };
    const std::vector<Plugged> expected{
        {.device = first, .connector = ConnectorName("rear-1"), .guest = GuestName("windows")}};

    EXPECT_EQ(meant({first}), expected);
    EXPECT_TRUE(meant({{.path = first.path, .number = 99}}).empty()); // it is another by now

    // Whether a guest that is paused goes on does not depend on how soon it was seen that the device cannot be given.
    board.start_windows();
    board.attached.guests[0].usb->status = "paused";
    board.of_devices.failures[first] = 2;
    EXPECT_EQ(meant({first}), expected);
    board.of_devices = {};

    // A keyboard that the host keeps is no reason to start anything.
    const auto& keyboard = board.plug_keyboard("3-2");
    const attach::HostDevice second{.path = keyboard.path, .number = keyboard.number};
    board.assign("rear-2", "windows");
    board.standing.reset();
    EXPECT_EQ(meant({first, second}), expected);
}

TEST(GivenSockets, SayBothErrorsOfWhatHasFailedTwice)
{
    PlainBoard board;
    auto& device = board.plug("3-1");
    board.start_windows();
    board.assign("rear-1", "windows");
    const attach::HostDevice one{.path = *PortPath::parse("3-1"), .number = device.number};
    board.of_devices.note_failure(one, "the speed does not fit");
    board.of_devices.note_failure(one, "QEMU may not open it");

    const auto sockets = given_sockets(board.follow(), board.snapshot, board.settings);

    ASSERT_EQ(sockets.size(), 1U);
    ASSERT_EQ(sockets[0].waits.size(), 1U);
    EXPECT_EQ(sockets[0].waits[0].code, "failed");
    EXPECT_EQ(sockets[0].waits[0].errors,
              (std::vector<std::string>{"the speed does not fit", "QEMU may not open it"}));
    EXPECT_EQ(wait_in_general_words("failed"), "the host has it: giving it has failed twice");
}

} // namespace
} // namespace usbroute::plan
