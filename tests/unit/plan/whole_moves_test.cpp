// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "fakes/boards.hpp"
#include "fakes/three_means.hpp"
#include "plan/whole_moves.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace usbroute::plan {
namespace {

using fakes::ThreeMeans;

/// "code: sentence; remedy", or the lines of the steps.
std::string lines_of(const Outcome& outcome)
{
    if (const auto* refusal = std::get_if<Refusal>(&outcome)) {
        EXPECT_FALSE(refusal->remedy.empty());
        return std::string(code_of(refusal->reason)) + ": " + text_of(*refusal);
    }
    std::string text;
    for (const auto& step : std::get<Plan>(outcome).steps) {
        EXPECT_TRUE(step.inverse.has_value()) << step.reason;
        text += shell_line(step.action) + "\n";
    }
    return text;
}

const std::string bound =
    "echo vfio-pci > /sys/bus/pci/devices/0000:04:00.0/driver_override; "
    "echo 0000:04:00.0 > /sys/bus/pci/drivers/xhci_hcd/unbind; echo 0000:04:00.0 > /sys/bus/pci/drivers_probe\n";
const std::string plugged =
    "in the monitor of windows: device_add vfio-pci,host=0000:04:00.0,id=usbroute-04-00-0,bus=rp1\n";
const std::string taken = "in the monitor of windows: device_del usbroute-04-00-0\n";
const std::string released =
    "echo > /sys/bus/pci/devices/0000:04:00.0/driver_override; "
    "echo 0000:04:00.0 > /sys/bus/pci/drivers/vfio-pci/unbind; echo 0000:04:00.0 > /sys/bus/pci/drivers_probe\n";

TEST(WholeMoves, BothSocketsOfTheCardBringItToTheGuestAndBack)
{
    ThreeMeans bench;

    const auto into = bench.moved({"slot-1", "slot-2"}, "windows");
    EXPECT_EQ(lines_of(into), bound + plugged);
    const auto& plan = std::get<Plan>(into);
    EXPECT_EQ(plan.movements.size(), 2u);
    EXPECT_EQ(text_of(plan.movements.front().owner_before), "host");
    EXPECT_EQ(text_of(plan.movements.front().owner_after), "windows");
    EXPECT_TRUE(plan.made_for.bindings && plan.made_for.in_guest);

    bench.say(plan.change);
    bench.put_card_into_guest();
    EXPECT_EQ(lines_of(bench.moved({"slot-1", "slot-2"}, "windows")), "");
    EXPECT_EQ(lines_of(bench.moved({"slot-1", "slot-2"}, "host")), taken + released);

    bench.last = plan.change;
    EXPECT_EQ(lines_of(bench.decided({.wish = UndoRequest{}})), taken + released);
}

TEST(WholeMoves, AProfileHasTheCardAfterEverythingElseAndItsWayBackHasItFirst)
{
    ThreeMeans bench;

    const auto outcome = bench.decided({.wish = ApplyRequest{ProfileName("desk-in-windows")}});
    const auto lines = lines_of(outcome);
    EXPECT_TRUE(lines.ends_with(bound + plugged)) << lines;
    EXPECT_TRUE(lines.starts_with("setpci ")) << lines;
    EXPECT_NE(lines.find("usb-host"), std::string::npos) << lines;

    const auto& plan = std::get<Plan>(outcome);
    bench.say(plan.change);
    bench.put_card_into_guest();
    const auto back = lines_of(bench.decided({.wish = ApplyRequest{ProfileName("all-host")}}));
    EXPECT_TRUE(back.starts_with(taken + released)) << back;
}

TEST(WholeMoves, APartOfACardIsRefusedWithTheCommandForAllOfIt)
{
    ThreeMeans bench;

    EXPECT_EQ(
        lines_of(bench.moved({"slot-1"}, "windows")),
        "whole-controller: slot-1 goes to windows only with its whole controller 0000:04:00.0; name all "
        "of it: usbroute move slot-1 slot-2 --to windows");
    bench.say(std::get<Plan>(bench.moved({"slot-1", "slot-2"}, "windows")).change);
    bench.put_card_into_guest();
    EXPECT_EQ(
        lines_of(bench.moved({"slot-2"}, "host")),
        "whole-controller: slot-2 goes to host only with its whole controller 0000:04:00.0; name all of "
        "it: usbroute move slot-1 slot-2 --to host");
}

TEST(WholeMoves, ACardGoesOnlyToItsGuestAndNeverToNobody)
{
    ThreeMeans bench;

    EXPECT_TRUE(
        lines_of(bench.moved({"slot-1", "slot-2"}, "none")).starts_with("not-the-guests-controller: "));
    EXPECT_TRUE(lines_of(bench.moved({"slot-1", "slot-2"}, "mac")).starts_with("no-such-guest: "));
}

TEST(WholeMoves, WithoutWhomToAskForDriversNothingGoes)
{
    ThreeMeans bench;
    bench.known.can_bind = false;
    EXPECT_TRUE(lines_of(bench.moved({"slot-1", "slot-2"}, "windows")).starts_with("no-binder: "));
    EXPECT_EQ(lines_of(bench.moved({"card-1"}, "windows")).find("no-binder"), std::string::npos);

    bench.known.can_bind = true;
    bench.has_daemon = false;
    EXPECT_TRUE(lines_of(bench.moved({"slot-1", "slot-2"}, "windows")).starts_with("no-binder: "));
}

TEST(WholeMoves, OfAGuestThatIsOffItIsSaidAndTheControllerStays)
{
    ThreeMeans bench;
    bench.stop_the_guest();

    const auto outcome = bench.moved({"slot-1", "slot-2"}, "windows");
    EXPECT_EQ(lines_of(outcome), "");
    const auto& plan = std::get<Plan>(outcome);
    EXPECT_TRUE(plan.changes_something());
    EXPECT_NE(plan.made_for, Reading{}) << "it is carried out, and so written down";
    EXPECT_EQ(join(plan.warnings, "\n")
                  .find("windows does not run: what is in slot-1 is the host's until it "
                        "does"),
              0u)
        << join(plan.warnings, "\n");
}

TEST(WholeMoves, AGuestOfWhichNothingIsKnownIsRefused)
{
    ThreeMeans bench;
    bench.known.guests.clear();
    EXPECT_TRUE(lines_of(bench.moved({"slot-1", "slot-2"}, "windows")).starts_with("guest-silent: "));

    bench.know({.machine = assign::MachineState::there, .process = 77, .free_places = {}});
    EXPECT_TRUE(lines_of(bench.moved({"slot-1", "slot-2"}, "windows")).starts_with("no-root-port: "));
}

/// On its root hubs, in a socket or not.
TEST(WholeMoves, GuardsLookAtEverythingOnTheCard)
{
    ThreeMeans bench;
    fakes::plug_disk(bench.machine.snapshot, "8-2", "sdz");
    bench.machine.use.swaps.emplace_back("/dev/sdz1");
    const auto said = lines_of(bench.moved({"slot-1", "slot-2"}, "windows"));
    EXPECT_TRUE(said.starts_with("disk-in-use: ")) << said;

    ThreeMeans typing;
    typing.machine.snapshot.devices.erase_if([](const auto& device) { return device->is_keyboard(); });
    typing.machine.use.inputs.reset();
    fakes::plug_keyboard(typing.machine.snapshot, "7-2");
    EXPECT_TRUE(lines_of(typing.moved({"slot-1", "slot-2"}, "windows")).starts_with("last-keyboard: "));
}

TEST(WholeMoves, WhatGoesBackBySocketGoesWithItsController)
{
    ThreeMeans bench;
    const auto into = std::get<Plan>(bench.moved({"slot-1", "slot-2"}, "windows"));
    bench.say(into.change);
    bench.put_card_into_guest();

    const RevertRequest revert{.way = into.change};
    EXPECT_EQ(lines_of(bench.decided({.wish = revert})), taken + released);
    EXPECT_EQ(lines_of(bench.decided({.wish = revert, .only = {ConnectorName("slot-2")}})), taken + released);

    bench.known.guests.clear();
    const auto staying = std::get<Plan>(bench.decided({.wish = revert})).staying;
    ASSERT_EQ(staying.size(), 2u);
    EXPECT_EQ(staying.front().why.reason, Reason::guest_silent);
}

/// The first card is another guest's, which runs as well.
void give_the_first_card_to_mac(ThreeMeans& bench)
{
    auto& guests = bench.machine.settings.guests;
    guests.push_back({.name = GuestName("mac"), .qmp = "/run/usbroute/mac.qmp", .origin = {}});
    guests.back().on_move = {*PciAddress::parse("03:00.0")};
    bench.world.start("mac");
    config::ProfileSettings both{.name = ProfileName("both"), .entries = {}, .origin = {}};
    for (const auto& [name, guest] : {std::pair("slot-1", "windows"), std::pair("slot-2", "windows"),
                                      std::pair("card-1", "mac"), std::pair("card-2", "mac")})
        both.entries.push_back({.connector = ConnectorName(name), .target = GuestName(guest)});
    bench.machine.settings.profiles.push_back(std::move(both));
}

void know_mac(ThreeMeans& bench)
{
    bench.known.guests.push_back(
        {.guest = GuestName("mac"),
         .seen = {.machine = assign::MachineState::there, .process = 78, .free_places = {"rp1"}}});
}

TEST(WholeMoves, ControllersOfTwoGuestsAreRefusedInOneChangeWithTheCommandForOneOfThem)
{
    ThreeMeans bench;
    give_the_first_card_to_mac(bench);
    know_mac(bench);

    EXPECT_EQ(lines_of(bench.decided({.wish = ApplyRequest{ProfileName("both")}})),
              "whole-controller: controllers of mac and of windows would change hands in one change; move "
              "those of one guest first: usbroute move card-1 card-2 --to mac");
    bench.say(std::get<Plan>(bench.moved({"slot-1", "slot-2"}, "windows")).change);
    bench.put_card_into_guest();
    know_mac(bench);
    const auto rest = lines_of(bench.decided({.wish = ApplyRequest{ProfileName("both")}}));
    EXPECT_EQ(rest.find("04:00.0"), std::string::npos) << rest;
    EXPECT_NE(rest.find("device_add vfio-pci,host=0000:03:00.0"), std::string::npos) << rest;
}

TEST(WholeMoves, WhatGoesBackBySocketGoesBackForOneGuestAfterTheOther)
{
    ThreeMeans bench;
    give_the_first_card_to_mac(bench);
    know_mac(bench);
    auto both = std::get<Plan>(bench.moved({"slot-1", "slot-2"}, "windows")).change;
    const auto of_mac = std::get<Plan>(bench.moved({"card-1", "card-2"}, "mac")).change;
    for (const auto& shift : of_mac.shifts) both.set(shift);
    bench.say(both);
    bench.put_card_into_guest();
    know_mac(bench);
    for (auto& controller : bench.machine.snapshot.controllers.edit())
        if (controller.address == *PciAddress::parse("03:00.0")) controller.driver = "vfio-pci";

    const auto outcome = bench.decided({.wish = RevertRequest{.way = both}});

    ASSERT_TRUE(std::holds_alternative<Plan>(outcome)) << lines_of(outcome);
    std::string text;
    for (const auto& movement : std::get<Plan>(outcome).movements)
        text += movement.connector.text() + " goes\n";
    for (const auto& stay : std::get<Plan>(outcome).staying)
        text += stay.connector.text() + " stays: " + std::string(code_of(stay.why.reason)) + "\n";
    EXPECT_EQ(text,
              "slot-1 goes\nslot-2 goes\ncard-1 stays: whole-controller\ncard-2 stays: whole-controller\n");
}

std::string followed(const ThreeMeans& bench)
{
    const auto board = look_at_board(bench.machine.snapshot, bench.machine.settings);
    const auto plan = follow_controllers(bench.situation(), board, {});
    std::string text = lines_of(plan);
    for (const auto& stay : plan.staying)
        text += stay.connector.text() + " stays: " + std::string(code_of(stay.why.reason)) + "\n";
    return text;
}

TEST(WholeMoves, AKilledChangeIsFollowedByWhatIsSaidWhereverItStopped)
{
    ThreeMeans bench;
    EXPECT_EQ(followed(bench), "");
    // To the host, with a driver half-way.
    bench.say(std::get<Plan>(bench.moved({"slot-1", "slot-2"}, "windows")).change.inverse());
    bench.machine.snapshot.assigned = {{.key = *topology::key_from("0000:04:00.0/1"), .word = "host"},
                                       {.key = *topology::key_from("0000:04:00.0/ss1"), .word = "host"},
                                       {.key = *topology::key_from("0000:04:00.0/2"), .word = "host"},
                                       {.key = *topology::key_from("0000:04:00.0/ss2"), .word = "host"}};
    bench.set_driver("vfio-pci", "vfio-pci");
    EXPECT_EQ(followed(bench), released);
    bench.put_card_into_guest();
    EXPECT_EQ(followed(bench), taken + released);
    bench.set_driver("xhci_hcd", "");
    bench.know({.machine = assign::MachineState::there, .process = 77, .free_places = {"rp1"}});
    EXPECT_EQ(followed(bench), "");

    // To the guest, bound or not.
    for (auto& placed : bench.machine.snapshot.assigned) placed.word = "windows";
    EXPECT_EQ(followed(bench), bound + plugged);
    bench.set_driver("vfio-pci", "vfio-pci");
    EXPECT_EQ(followed(bench), plugged);
    bench.put_card_into_guest();
    EXPECT_EQ(followed(bench), "");
}

TEST(WholeMoves, WhatSomebodyElseHasBoundIsLeftAloneUnlessAMoveHasBegunWithIt)
{
    ThreeMeans bench;
    bench.set_driver("vfio-pci", "vfio-pci");
    EXPECT_EQ(followed(bench), "");
    bench.put_card_into_guest();
    EXPECT_EQ(followed(bench), "");

    // Killed in the first change of all, which nothing is said of but as it was.
    Change begun{.controller = *PciAddress::parse("00:14.0")};
    begun.set({.key = *topology::key_from("0000:04:00.0/1"), .from = "host", .to = "host"});
    bench.standing = begun;
    EXPECT_EQ(followed(bench), taken + released);
    bench.know({.machine = assign::MachineState::there, .process = 77, .free_places = {"rp1"}});
    EXPECT_EQ(followed(bench), released);
}

TEST(WholeMoves, WhoCannotBeAskedKeepsWhatHeHasAndWhoIsGoneLosesIt)
{
    ThreeMeans bench;
    bench.say(std::get<Plan>(bench.moved({"slot-1", "slot-2"}, "windows")).change);
    bench.put_card_into_guest();
    bench.know({.machine = assign::MachineState::silent, .why = "it serves another client"});
    EXPECT_EQ(followed(bench), "");

    bench.stop_the_guest();
    EXPECT_EQ(followed(bench), released);
    bench.machine.settings.guests.front().when_off = config::WhenOff::reserve;
    EXPECT_EQ(followed(bench), "");
}

TEST(WholeMoves, WhereNobodyAsksTheHostsLastKeyboardStays)
{
    ThreeMeans bench;
    bench.say(std::get<Plan>(bench.moved({"slot-1", "slot-2"}, "windows")).change);
    bench.machine.snapshot.devices.erase_if([](const auto& device) { return device->is_keyboard(); });
    bench.machine.use.inputs.reset();
    fakes::plug_keyboard(bench.machine.snapshot, "7-2");

    EXPECT_EQ(followed(bench), "slot-1 stays: last-keyboard\nslot-2 stays: last-keyboard\n");
    bench.machine.settings.guests.front().may_take_last_keyboard = true;
    EXPECT_EQ(followed(bench), bound + plugged);
}

} // namespace
} // namespace usbroute::plan
