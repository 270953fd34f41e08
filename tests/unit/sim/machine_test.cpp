// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "sim/machine.hpp"
#include "unit/sim/recorded.hpp"

#include <gtest/gtest.h>

namespace usbroute::sim {
namespace {

Machine settled(const std::string& name = "z97e-itx-ac") { return machine_at_start(recorded(name)); }

void settle(Machine& machine)
{
    for (const auto& name : moves_due(machine).leave) machine.plug_named(name)->at.reset();
    for (const auto& name : moves_due(machine).arrive) {
        auto& plug = *machine.plug_named(name);
        plug.at = home_of(machine, plug);
    }
}

std::string place_of(Machine& machine, std::string_view name)
{
    const auto& at = machine.plug_named(name)->at;
    return at ? at->text() : "nowhere";
}

std::string text_of(const Moves& moves)
{
    return format("leave: {}; arrive: {}", join(moves.leave, " "), join(moves.arrive, " "));
}

TEST(SimMachine, EverythingIsAtTheXhciAfterBoot)
{
    auto machine = settled();

    EXPECT_EQ(machine.registers.usb2_owner, 0x3fffu);
    EXPECT_EQ(machine.registers.usb2_movable, 0x3fffu);
    EXPECT_EQ(machine.registers.superspeed_on, 0x3fu);
    EXPECT_EQ(place_of(machine, "keyboard"), "3-3");
    EXPECT_EQ(place_of(machine, "mouse"), "3-4");
    EXPECT_EQ(place_of(machine, "disk"), "3-6");
    EXPECT_EQ(text_of(moves_due(machine)), "leave: ; arrive: ");
}

TEST(SimMachine, AClearedBitMovesWhatIsInItsSocketAndNothingElse)
{
    auto machine = settled();

    machine.registers.usb2_owner = 0x3ffb;

    EXPECT_EQ(text_of(moves_due(machine)), "leave: keyboard; arrive: keyboard");
    settle(machine);
    EXPECT_EQ(place_of(machine, "keyboard"), "2-1.3");
    EXPECT_EQ(place_of(machine, "mouse"), "3-4");
}

TEST(SimMachine, BitsFollowTheOrderOfTheEhcisAndNotOfTheXhci)
{
    auto machine = settled();

    machine.registers.usb2_owner = 0;
    settle(machine);

    EXPECT_EQ(place_of(machine, "headset"), "2-1.1"); // bit 0
    EXPECT_EQ(place_of(machine, "disk"), "1-1.2");    // bit 9, xHCI port 6
    EXPECT_EQ(place_of(machine, "hub"), "2-1.5");     // bit 4, xHCI port 9
}

TEST(SimMachine, ABitOutsideTheMaskDoesNotTake)
{
    RouteBits now{
        .usb2_owner = 0x3fff, .usb2_movable = 0x00ff, .superspeed_on = 0x3f, .superspeed_movable = 0x03};
    RouteBits written = now;
    written.usb2_owner = 0;
    written.superspeed_on = 0;

    const auto kept = taken(now, written);

    EXPECT_EQ(kept.usb2_owner, 0x3f00u);
    EXPECT_EQ(kept.superspeed_on, 0x3cu);
}

TEST(SimMachine, TheMasksAndTheFusesCannotBeWritten)
{
    const RouteBits now{
        .usb2_owner = 0x3fff, .usb2_movable = 0x3fff, .superspeed_on = 0x3f, .superspeed_movable = 0x3f};
    RouteBits written = now;
    written.usb2_movable = 0;
    written.superspeed_movable = 0xffffffff;
    written.fuses = 6;

    EXPECT_EQ(taken(now, written), now);
}

TEST(SimMachine, AfterSleepEveryMovableBitIsAtTheXhci)
{
    const RouteBits now{
        .usb2_owner = 0x4001, .usb2_movable = 0x00ff, .superspeed_on = 0, .superspeed_movable = 0x0f};

    const auto after = after_resume(now);

    EXPECT_EQ(after.usb2_owner, 0x40ffu);
    EXPECT_EQ(after.superspeed_on, 0x0fu);
}

TEST(SimMachine, WhatIsRoutedToAGuestIsNowhere)
{
    auto machine = settled();
    const auto ehci = *machine.board->ehci(1);
    machine.controllers[ehci].driver = "vfio-pci";
    number_buses(machine, ehci);

    machine.registers.usb2_owner = 0x3ffb;
    settle(machine);

    EXPECT_EQ(place_of(machine, "keyboard"), "nowhere");
    EXPECT_EQ(why_absent(machine, *machine.plug_named("keyboard")),
              "it is the guest's: 0000:00:1d.0 (EHCI #1) is on vfio-pci");
}

TEST(SimMachine, ABusThatComesBackTakesTheLowestFreeNumber)
{
    auto machine = settled();
    const auto first = *machine.board->ehci(2);
    const auto second = *machine.board->ehci(1);
    for (const auto index : {first, second}) {
        machine.controllers[index].driver = "vfio-pci";
        number_buses(machine, index);
    }

    machine.controllers[second].driver = "ehci-pci";
    number_buses(machine, second);

    EXPECT_EQ(machine.controllers[second].usb2_bus, 1);
    EXPECT_EQ(machine.controllers[first].usb2_bus, 0);
}

TEST(SimMachine, ASuperSpeedDeviceKeepsItsLinkWhenOnlyTheUsb2WiresMove)
{
    auto machine = settled();
    ASSERT_EQ(place_of(machine, "superspeed-disk"), "4-6");

    machine.registers.usb2_owner = 0x37ff;
    settle(machine);
    EXPECT_EQ(place_of(machine, "superspeed-disk"), "4-6");

    machine.registers.superspeed_on = 0x1f;
    settle(machine);
    EXPECT_EQ(place_of(machine, "superspeed-disk"), "1-1.4");
}

TEST(SimMachine, ASuperSpeedDeviceFoundOnUsb2StaysThereUntilItsWiresMove)
{
    auto machine = settled();
    machine.remove("superspeed-disk");
    machine.registers.superspeed_on = 0x1f;
    machine.registers.usb2_owner = 0x37ff;
    ASSERT_TRUE(plug_in(machine, "rear-6", "superspeed-disk", "ssd"));
    settle(machine);
    ASSERT_EQ(place_of(machine, "ssd"), "1-1.4");

    // The wrong order: the wires first.
    machine.registers.usb2_owner = 0x3fff;
    settle(machine);
    machine.registers.superspeed_on = 0x3f;
    settle(machine);
    EXPECT_EQ(place_of(machine, "ssd"), "3-8");

    // The right one.
    machine.registers = {.usb2_owner = 0x37ff, .superspeed_on = 0x1f};
    settle(machine);
    machine.registers.superspeed_on = 0x3f;
    settle(machine);
    EXPECT_EQ(place_of(machine, "ssd"), "1-1.4");
    machine.registers.usb2_owner = 0x3fff;
    settle(machine);
    EXPECT_EQ(place_of(machine, "ssd"), "4-6");
}

TEST(SimMachine, OneSocketHoldsOneDevice)
{
    auto machine = settled();

    const auto second = plug_in(machine, "rear-1", "mouse", "");

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message(), "rear-1 is occupied by keyboard; unplug it first");
}

TEST(SimMachine, ASecondDeviceOfAKindGetsANumber)
{
    auto machine = settled();

    const auto name = plug_in(machine, "rear-3", "keyboard", "");

    ASSERT_TRUE(name);
    EXPECT_EQ(*name, "keyboard-2");
}

TEST(SimMachine, WhatIsBehindAHubStandsBelowIt)
{
    auto machine = settled();
    ASSERT_TRUE(plug_in(machine, "rear-5", "hub", ""));

    std::string places;
    for (const auto& each : standing(*machine.plug_named("rear-5"), *PortPath::parse("3-7")))
        places += format("{} {} ", each.place.text(), each.plug->name);

    EXPECT_EQ(places, "3-7 hub-2 3-7.1 gamepad-2 3-7.3 serial ");
}

TEST(SimMachine, OnABoardWithoutTheMuxADeviceGoesWhereItsPortIs)
{
    auto machine = settled("amd-a520m");

    ASSERT_TRUE(plug_in(machine, "1-6", "webcam", ""));
    ASSERT_TRUE(plug_in(machine, "1-3", "superspeed-disk", "ssd"));
    settle(machine);

    EXPECT_EQ(place_of(machine, "webcam"), "1-6");
    EXPECT_EQ(place_of(machine, "ssd"), "2-3");
}

} // namespace
} // namespace usbroute::sim
