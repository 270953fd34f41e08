// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// When the lookout of a real machine looks: hints come, a worker looks, and people wait.

#include "fakes/few_descriptors.hpp"
#include "fakes/lookout_room.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using fakes::dir;
using fakes::link;
using fakes::RecordingWaiter;

class LookoutOnAMachine : public fakes::LookoutRoom {};

TEST_F(LookoutOnAMachine, NothingTicksWhileNothingHappens)
{
    loop.advance(24h);

    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
    EXPECT_EQ(loop.errands(), 0u);
    EXPECT_EQ(looks, 0);
}

TEST_F(LookoutOnAMachine, ABurstOfHintsBecomesOneLookWhenItHasBeenQuiet)
{
    for (int i = 0; i < 10; ++i) {
        hint();
        loop.advance(40ms);
        EXPECT_EQ(loop.errands(), 0u);
    }
    loop.advance(9ms);
    EXPECT_EQ(loop.errands(), 0u);
    loop.advance(1ms);
    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();

    loop.advance(1h);
    EXPECT_EQ(looks, 1);
    EXPECT_EQ(loop.errands(), 0u);
}

TEST_F(LookoutOnAMachine, WhatIsPluggedInIsLookedAtAtOnceWhereThatIsUrgentAndItsPartsLater)
{
    const auto plug = [this](const char* path) {
        hints.say({.everything = false, .registers = false, .paths = {path}, .plugs = true});
    };
    plug("sys/devices/usb3/3-1");
    loop.settle();
    EXPECT_EQ(loop.errands(), 0u) << "nothing is given to guests here";
    loop.advance(50ms);
    loop.run_errand();

    is_urgent = true;
    scanner.asked.clear();
    plug("sys/devices/usb3/3-2");
    loop.settle();
    ASSERT_EQ(loop.errands(), 1u);
    hint("sys/devices/usb3/3-2/3-2:1.0");
    loop.settle();
    EXPECT_EQ(loop.errands(), 1u) << "one look at a time";
    loop.run_errand();
    EXPECT_EQ(loop.errands(), 0u);
    loop.advance(50ms);
    loop.run_errand();

    ASSERT_EQ(scanner.asked.size(), 2u);
    EXPECT_EQ(scanner.asked[0].paths, (std::vector<std::string>{"sys/devices/usb3/3-2"}));
    EXPECT_EQ(scanner.asked[1].paths, (std::vector<std::string>{"sys/devices/usb3/3-2/3-2:1.0"}));
}

TEST_F(LookoutOnAMachine, TheLookIsToldAllThePlacesThatABurstHasNamedAndTheNextOneNoneOfThem)
{
    scanner.asked.clear();
    hint("sys/devices/usb3/3-1");
    loop.advance(10ms);
    hint("sys/devices/usb3/3-2");
    loop.advance(50ms);
    loop.run_errand();
    hint("sys/devices/usb3/3-3");
    loop.advance(50ms);
    loop.run_errand();

    ASSERT_EQ(scanner.asked.size(), 2u);
    EXPECT_FALSE(scanner.asked[0].everything);
    EXPECT_EQ(scanner.asked[0].paths,
              (std::vector<std::string>{"sys/devices/usb3/3-1", "sys/devices/usb3/3-2"}));
    EXPECT_EQ(scanner.asked[1].paths, (std::vector<std::string>{"sys/devices/usb3/3-3"}));
}

TEST_F(LookoutOnAMachine, WhoWaitsWithoutAnyHintHasEverythingLookedAt)
{
    scanner.asked.clear();

    lookout.wait(first);
    loop.run_errand();

    ASSERT_EQ(scanner.asked.size(), 1u);
    EXPECT_TRUE(scanner.asked[0].everything);
}

TEST_F(LookoutOnAMachine, AHintThatSomeWereLostMakesTheLookGoEverywhere)
{
    scanner.asked.clear();
    hint();
    loop.settle();
    hints.say({.everything = true, .registers = false, .paths = {}});

    loop.advance(50ms);
    loop.run_errand();

    ASSERT_EQ(scanner.asked.size(), 1u);
    EXPECT_TRUE(scanner.asked[0].everything);
}

TEST_F(LookoutOnAMachine, ABurstWithoutEndIsLookedAtAfterHalfASecond)
{
    const auto began = loop.now();
    while (loop.errands() == 0) {
        hint();
        loop.advance(20ms);
        ASSERT_LE(loop.now() - began, 520ms);
    }

    EXPECT_GE(loop.now() - began, 500ms);
}

TEST_F(LookoutOnAMachine, WhatNoHintToldOfIsFoundTwoSecondsAfterALookThatFollowedHints)
{
    hints.sure = false;
    hint();
    ++*events.count;
    loop.advance(50ms);
    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();
    EXPECT_EQ(looks, 1);

    tree.add("sys/class", dir("block", {link("sdb", "../../devices/usb3/3-2/block/sdb")}));
    loop.advance(1999ms);
    EXPECT_EQ(loop.errands(), 0u);
    loop.advance(1ms);

    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();
    EXPECT_EQ(looks, 2);
    EXPECT_EQ(machine.snapshot()->census->blocks.size(), 1u);
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(LookoutOnAMachine, NothingIsLookedAtAgainWhereHintsToldOfEverything)
{
    hints.sure = false;
    for (int i = 0; i < 3; ++i) {
        hint();
        ++*events.count;
        loop.advance(50ms);
        ASSERT_EQ(loop.errands(), 1u);
        loop.run_errand();
    }

    loop.advance(1h);

    EXPECT_EQ(looks, 3);
    EXPECT_EQ(loop.errands(), 0u);
    EXPECT_TRUE(lookout.is_fresh());
}

TEST_F(LookoutOnAMachine, WhoWaitsForALookThatFollowsHintsIsServedByOneThatMissesNothing)
{
    hints.sure = false;
    hint();
    ++*events.count;
    EXPECT_FALSE(lookout.is_fresh());
    lookout.wait(first);
    loop.work();
    tree.add("sys/class", dir("block", {link("sdb", "../../devices/usb3/3-2/block/sdb")}));

    loop.run_errand();

    EXPECT_EQ(told, "");
    EXPECT_EQ(looks, 0);
    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();
    EXPECT_EQ(told, "first taken\n");
    EXPECT_EQ(looks, 1);
    EXPECT_EQ(machine.snapshot()->census->blocks.size(), 1u);
    EXPECT_TRUE(lookout.is_fresh());
}

TEST_F(LookoutOnAMachine, WhatWasComparedForWhoWaitedIsNotComparedAgainUntilSomethingHappens)
{
    hints.sure = false;
    hint();
    ++*events.count;
    EXPECT_FALSE(lookout.is_fresh());
    lookout.wait(first);
    loop.work();
    loop.run_errand();
    ASSERT_EQ(told, "first taken\n");
    EXPECT_EQ(scanner.compared, 1);

    EXPECT_TRUE(lookout.still_holds());
    EXPECT_TRUE(lookout.is_fresh());
    EXPECT_EQ(scanner.compared, 1);

    ++*events.count;
    EXPECT_TRUE(lookout.is_fresh());
    EXPECT_EQ(scanner.compared, 2);
}

TEST_F(LookoutOnAMachine, WhoAsksAfterALookThatFollowedHintsIsToldWhetherTheyWereAll)
{
    hints.sure = false;
    hint();
    ++*events.count;
    loop.advance(50ms);
    loop.run_errand();
    EXPECT_TRUE(lookout.is_fresh());

    hint();
    ++*events.count;
    loop.advance(50ms);
    loop.run_errand();
    tree.add("sys/class", dir("block", {link("sdb", "../../devices/usb3/3-2/block/sdb")}));

    EXPECT_FALSE(lookout.is_fresh());
}

TEST_F(LookoutOnAMachine, WhatIsHintedDuringALookIsLookedAtAfterIt)
{
    hint();
    loop.advance(50ms);
    ASSERT_EQ(loop.errands(), 1u);
    hint();
    loop.advance(200ms);
    EXPECT_EQ(loop.errands(), 1u);
    loop.run_errand();
    loop.advance(50ms);

    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();
    EXPECT_EQ(looks, 2);
}

TEST_F(LookoutOnAMachine, WhoWaitsDoesNotWaitForQuiet)
{
    hint();
    loop.settle();

    EXPECT_FALSE(lookout.is_fresh());
    lookout.wait(first);
    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();

    EXPECT_EQ(told, "first taken\n");
    EXPECT_TRUE(lookout.is_fresh());
}

TEST_F(LookoutOnAMachine, WhoComesDuringALookIsServedByItUnlessAHintCameSinceItBegan)
{
    hint();
    EXPECT_FALSE(lookout.is_fresh());
    lookout.wait(first);
    lookout.wait(second);
    RecordingWaiter third{"third", told};
    hint();
    EXPECT_FALSE(lookout.is_fresh());
    lookout.wait(third);

    loop.run_errand();
    EXPECT_EQ(told, "first taken\nsecond taken\n");
    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();
    EXPECT_EQ(told, "first taken\nsecond taken\nthird taken\n");
}

TEST_F(LookoutOnAMachine, WhoWaitsFiveSecondsForADeviceThatHangsIsTold)
{
    lookout.wait(first);
    loop.advance(4999ms);
    EXPECT_EQ(told, "");

    loop.advance(1ms);

    EXPECT_EQ(told, "first failed\n");
    EXPECT_EQ(loop.errands(), 1u);
    EXPECT_EQ(looks, 0);
}

TEST_F(LookoutOnAMachine, WhoComesWhileADeviceHangsWaitsFiveSecondsTooAndIsServedWhenItAnswers)
{
    lookout.wait(first);
    loop.advance(60s);
    lookout.wait(second);
    loop.advance(4999ms);
    EXPECT_EQ(told, "first failed\n");
    EXPECT_EQ(loop.errands(), 1u); // no second one beside the one that hangs

    loop.run_errand();

    EXPECT_EQ(told, "first failed\nsecond taken\n");
    EXPECT_EQ(looks, 1);
    loop.advance(1h);
    EXPECT_EQ(told, "first failed\nsecond taken\n");
}

TEST_F(LookoutOnAMachine, WithoutDescriptorsEverybodyIsToldAndALaterLookFindsWhatIsThere)
{
    tree.add("sys/bus/usb", dir("devices", {link("usb3", "../../../devices/usb3")}));
    const auto before = machine.snapshot();
    lookout.wait(first);
    {
        const fakes::FewDescriptors few(2);
        loop.run_errand();
        EXPECT_EQ(told, "first failed\n");
        EXPECT_EQ(machine.snapshot(), before);
        EXPECT_FALSE(lookout.is_fresh());
        loop.advance(1000ms);
        ASSERT_EQ(loop.errands(), 1u);
        loop.run_errand();
        EXPECT_EQ(looks, 0);
    }
    loop.advance(999ms);
    EXPECT_EQ(loop.errands(), 0u);
    loop.advance(1ms);
    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();

    EXPECT_EQ(looks, 1);
    EXPECT_TRUE(lookout.is_fresh());
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(LookoutOnAMachine, AWaiterMayTakeAnotherOneAwayWhileItIsTold)
{
    auto leaving = std::make_unique<RecordingWaiter>("leaving", told);
    first.then = [&] {
        lookout.forget(*leaving);
        leaving.reset();
    };
    lookout.wait(first);
    lookout.wait(*leaving);
    lookout.wait(second);

    loop.run_errand();

    EXPECT_EQ(told, "first taken\nsecond taken\n");
}

TEST_F(LookoutOnAMachine, AWaiterThatHasGoneIsNotToldWhenTheLookIsGivenUp)
{
    lookout.wait(first);
    lookout.wait(second);
    lookout.forget(first);

    loop.advance(5000ms);

    EXPECT_EQ(told, "second failed\n");
}

TEST_F(LookoutOnAMachine, AWaiterMayWaitAgainWhileItIsTold)
{
    first.then = [&] { lookout.wait(first); };
    lookout.wait(first);
    loop.run_errand();
    EXPECT_EQ(told, "first taken\n");

    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();

    EXPECT_EQ(told, "first taken\nfirst taken\n");
    EXPECT_EQ(loop.errands(), 0u);
}

TEST_F(LookoutOnAMachine, AMachineThatMayHaveSleptIsLookedAtOnce)
{
    lookout.doubt_everything();
    EXPECT_FALSE(lookout.is_fresh());
    loop.advance(20ms);
    lookout.doubt_everything();
    loop.advance(50ms);

    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();
    loop.advance(1h);
    EXPECT_EQ(looks, 1);
    EXPECT_EQ(loop.errands(), 0u);
}

TEST_F(LookoutOnAMachine, PlacesThatAreDoubtedAreLookedAtAndNoOthers)
{
    scanner.asked.clear();
    lookout.doubt({});
    EXPECT_TRUE(lookout.is_fresh());

    const std::array places{topology::PortPath::parse("3-1").value(),
                            topology::PortPath::parse("3-2.4").value()};
    lookout.doubt(places);
    EXPECT_FALSE(lookout.is_fresh());
    loop.advance(50ms);
    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();

    ASSERT_EQ(scanner.asked.size(), 1u);
    EXPECT_FALSE(scanner.asked[0].everything);
    EXPECT_EQ(scanner.asked[0].paths, (std::vector<std::string>{"usb3/3-1", "usb3/3-2.4"}));
    EXPECT_TRUE(lookout.is_fresh());
}

TEST_F(LookoutOnAMachine, AWriteToTheRegistersIsReadAndNothingIsScanned)
{
    machine.take(board);
    registers.bits.usb2_owner = 0x3ffb;
    hints.say({.everything = false, .registers = true, .paths = {}});

    loop.advance(1h);

    EXPECT_EQ(loop.errands(), 0u);
    ASSERT_EQ(drifts.size(), 1u);
    EXPECT_EQ(drifts.front().now.usb2_owner, 0x3ffbu);
}

TEST_F(LookoutOnAMachine, AWriteToTheRegistersBesideAChangeThatNobodyToldOfIsLookedAtWhole)
{
    machine.take(board);
    hints.sure = false;
    ++*events.count;
    tree.add("sys/class",
             dir("block", {link("sdb", "../../devices/pci0000:00/0000:00:14.0/usb3/3-1/block/sdb")}));
    registers.bits.usb2_owner = 0x3ffb;
    hints.say({.everything = false, .registers = true, .paths = {}});

    loop.settle();

    ASSERT_EQ(loop.errands(), 1u); // at once, without waiting for quiet
    EXPECT_TRUE(drifts.empty());
}

TEST_F(LookoutOnAMachine, AWriteToTheRegistersDuringALookIsLeftToTheLookWhichReadsThemToo)
{
    machine.take(board);
    lookout.wait(first);
    registers.bits.usb2_owner = 0x3ffb;
    hints.say({.everything = false, .registers = true, .paths = {}});

    loop.settle();

    EXPECT_TRUE(drifts.empty());
    EXPECT_EQ(loop.errands(), 1u);
}

TEST_F(LookoutOnAMachine, AnEventThatWasCountedDuringALookIsNotTakenForSeen)
{
    hints.sure = false;
    lookout.wait(first);
    loop.work(); // it has seen the machine
    ++*events.count;
    tree.add("sys/class",
             dir("block", {link("sdb", "../../devices/pci0000:00/0000:00:14.0/usb3/3-1/block/sdb")}));
    loop.run_errand();

    EXPECT_EQ(told, "first taken\n");
    EXPECT_FALSE(lookout.is_fresh());
}

TEST_F(LookoutOnAMachine, BeginsNotWhereItCannotHearOfChanges)
{
    loop.is_full = true;
    Lookout deaf({.loop = loop, .machine = machine, .scanner = scanner, .hints = hints, .events = events},
                 [](const Findings&) {});

    const auto begun = deaf.begin();

    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().message().find("cannot wait for changes"), 0u);
}

} // namespace
} // namespace usbroute::daemon
