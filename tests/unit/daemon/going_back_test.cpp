// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// How sockets go back when nobody asks, on a board that behaves and fails: a trial's end, homecoming, a restore.

#include "daemon/going_back.hpp"
#include "fakes/at_once.hpp"
#include "fakes/bitwise_change.hpp"
#include "fakes/boards.hpp"
#include "fakes/daemon_life.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using fakes::Thing;
using fakes::World;

constexpr std::uint32_t all_on_xhci = 0x3fff;
constexpr std::uint32_t front_bit = 1;
constexpr std::uint32_t keys_bit = 4;
constexpr std::uint32_t rear_bit = 0x200;

/// A daemon that has taken its first look, and somebody who listens.
struct Life : fakes::DaemonLife {
    Life(World& world, fakes::LastingGround& on, config::Settings settings)
        : DaemonLife(world, on, std::move(settings))
    {
        EXPECT_TRUE(assembly.lookout.begin());
        loop.settle();
        (void)told();
    }
    std::string told()
    {
        loop.settle();
        return subscriber.hear();
    }

    Machine& machine = assembly.machine;
    Restorer& restorer = assembly.restorer;
    Trials& trials = assembly.trials;
    fakes::ClientEnd subscriber = subscribe();
};

class GoingBack : public testing::Test {
protected:
    GoingBack() { start(); }

    void start()
    {
        life.reset();
        life.emplace(world, ground, settings);
    }
    /// Some time later, and all that the daemon does after a look.
    void look()
    {
        ground.loop.advance(2min);
        life->look();
    }
    void ask(plan::Wish wish, std::optional<std::chrono::seconds> revert_after = {}, bool yes = false)
    {
        look();
        const plan::Request request{.wish = std::move(wish), .yes = yes, .revert_after = revert_after};
        const auto done = fakes::carry_out(life->machine, request,
                                           {.who = "control", .trial = life->trials.terms_for(request)});
        ASSERT_TRUE(done);
        wire::Answer answer;
        life->trials.settle(request, *done, answer);
        life->trials.tell_news();
        look();
    }
    void try_on_ehci(std::vector<ConnectorName> connectors)
    {
        ask(plan::MoveRequest{std::move(connectors), topology::Side::ehci}, 30s);
    }
    void ring()
    {
        ASSERT_TRUE(alarm.at);
        alarm.time = *alarm.at;
        life->trials.ring();
    }
    void give_ehcis_to_the_guest()
    {
        for (const auto ehci : {World::controllers[1], World::controllers[2]}) world.drive(ehci, "vfio-pci");
    }
    [[nodiscard]] std::string why_out() const
    {
        const auto left = life->trials.left();
        return left ? left->way_back + ": " + left->why_out : "nothing is out";
    }
    [[nodiscard]] std::uint32_t wires() const { return world.bits.usb2_owner; }

    World world;
    fakes::LastingGround ground;
    fakes::FakeAlarm& alarm = ground.alarm;
    config::Settings settings = fakes::settings();
    std::optional<Life> life;
};

const std::vector keys_and_rear{ConnectorName("keys"), ConnectorName("rear")};

TEST_F(GoingBack, AMountedDiskKeepsItsOwnSocketAndTheKeyboardGoesHomeInTime)
{
    world.plug(2, Thing::keyboard);
    world.plug(9, Thing::disk);
    try_on_ehci(keys_and_rear);
    world.mount_disk_of(9);
    (void)life->told();

    ring();

    EXPECT_EQ(wires(), all_on_xhci & ~rear_bit);
    const auto told = life->told();
    EXPECT_EQ(told.substr(0, told.find(" holds")),
              "event moved xhci=keys\n"
              "event trial reverted nobody has confirmed it: keys goes back to xhci\n"
              "event trial delayed it cannot be taken back yet, and will be tried again: rear stays: rear");
    EXPECT_TRUE(why_out().starts_with(
        "rear goes back to xhci: rear stays: rear holds disk sdj, which the host uses: sdj > sdj1 > /mnt/9; unmount it"))
        << why_out();
    (void)life->told();
    ring();
    EXPECT_EQ(life->told(), ""); // said once
    EXPECT_EQ(*alarm.at - alarm.time, 2s);

    world.unmount_all();
    ring();
    EXPECT_EQ(wires(), all_on_xhci);
    EXPECT_EQ(why_out(), "nothing is out");
    EXPECT_EQ(alarm.at, std::nullopt);
    EXPECT_FALSE(life->journal.history().trial);
}

TEST_F(GoingBack, WhatIsOutGoesAtTheNextLookThatFindsItFree)
{
    world.plug(9, Thing::disk);
    try_on_ehci(keys_and_rear);
    world.mount_disk_of(9);
    ring();
    const auto next = alarm.at;
    look();
    EXPECT_EQ(wires(), all_on_xhci & ~rear_bit);
    EXPECT_EQ(alarm.at, next); // a look moves no timer

    world.unmount_all();
    look();

    EXPECT_EQ(wires(), all_on_xhci);
    EXPECT_EQ(alarm.at, std::nullopt);
}

TEST_F(GoingBack, ADaemonThatIsKilledAtAnyWriteOfTheWayBackIsFollowedByOneThatFinishesIt)
{
    for (int kill_at = 1; kill_at <= 4; ++kill_at)
        for (const bool is_before : {true, false}) {
            world = World();
            world.plug(2, Thing::keyboard);
            world.plug(9, Thing::disk);
            std::filesystem::remove(ground.state.path() + "/journal");
            start();
            try_on_ehci({ConnectorName("front"), ConnectorName("keys"), ConnectorName("rear")});
            world.mount_disk_of(9);
            world.writes_until_kill = kill_at;
            world.is_kill_before_the_write = is_before;
            try {
                ring();
            } catch (const fakes::Killed&) {}
            world.writes_until_kill = 0;

            start();
            ring();
            EXPECT_EQ(wires(), all_on_xhci & ~rear_bit) << kill_at;
            EXPECT_EQ(world.bits.superspeed_on, 0x3fu) << kill_at;
            start();
            ring(); // still there, and still guarded
            ASSERT_TRUE(life->machine.trial()) << kill_at;
            EXPECT_EQ(fakes::usb2(life->machine.trial()->way).mask, rear_bit) << kill_at;
            world.unmount_all();
            look();
            EXPECT_EQ(wires(), all_on_xhci) << kill_at;
            EXPECT_FALSE(life->journal.history().trial) << kill_at;
        }
}

TEST_F(GoingBack, ABitThatFirmwareHasFixedKeepsItsOwnSocket)
{
    world.plug(2, Thing::keyboard);
    try_on_ehci(keys_and_rear);
    world.bits.usb2_movable &= ~rear_bit;
    look();

    ring();
    EXPECT_EQ(wires(), all_on_xhci & ~rear_bit);

    world.bits.usb2_movable |= rear_bit;
    look();
    EXPECT_EQ(wires(), all_on_xhci);
}

TEST_F(GoingBack, AControllerThatAGuestHasTakenOrThatIsGoneKeepsItsOwnSockets)
{
    // From the EHCIs to the xHCI: front and rear are at the first of them, keys at the second.
    ask(plan::MoveRequest{{ConnectorName("front"), ConnectorName("keys"), ConnectorName("rear")},
                          topology::Side::ehci});
    ask(plan::MoveRequest{{ConnectorName("front"), ConnectorName("keys"), ConnectorName("rear")},
                          topology::Side::xhci},
        30s);
    world.drive(World::controllers[2], "vfio-pci");
    world.put_on_the_bus(World::controllers[1], false);
    look();
    ring();
    EXPECT_EQ(wires(), all_on_xhci);

    world.put_on_the_bus(World::controllers[1], true);
    look();
    const auto with_one = wires();
    EXPECT_NE(with_one, all_on_xhci);

    world.drive(World::controllers[2], "ehci-pci");
    look();
    EXPECT_EQ(wires(), all_on_xhci & ~(front_bit | keys_bit | rear_bit));
    EXPECT_EQ(why_out(), "nothing is out");
}

TEST_F(GoingBack, ABitThatDoesNotTakeKeepsItsOwnSocketAndIsNotWrittenAtEveryLook)
{
    world.plug(2, Thing::keyboard);
    try_on_ehci(keys_and_rear);
    world.stuck = rear_bit;

    ring();
    EXPECT_EQ(wires(), all_on_xhci & ~rear_bit);

    world.written.clear();
    for (int i = 0; i < 10; ++i) look();
    EXPECT_TRUE(world.written.empty());
    world.stuck = 0;
    ring();
    EXPECT_EQ(wires(), all_on_xhci);
    EXPECT_EQ(why_out(), "nothing is out");
}

TEST_F(GoingBack, ARegisterThatTakesNoWriteKeepsNoneOfTheWiresOfTheOther)
{
    world.plug(0, Thing::keyboard);
    try_on_ehci({ConnectorName("front"), ConnectorName("keys")});
    ASSERT_EQ(world.bits.superspeed_on, 0x3eu);
    world.dead = chips::RouteRegister::superspeed_on;

    ring();
    EXPECT_EQ(wires(), all_on_xhci);
    EXPECT_TRUE(why_out().starts_with("the SuperSpeed half goes back: ")) << why_out();

    world.dead.reset();
    ring();
    EXPECT_EQ(world.bits.superspeed_on, 0x3fu);
    EXPECT_EQ(why_out(), "nothing is out");
}

TEST_F(GoingBack, TheEndOfATrialTakesTheLastKeyboardInTimeAndNotLater)
{
    world.plug(2, Thing::keyboard);
    give_ehcis_to_the_guest();
    const plan::MoveRequest to_the_guest{{ConnectorName("keys")}, GuestName("windows")};
    const plan::MoveRequest home{{ConnectorName("keys")}, config::ToHost{}};
    ask(to_the_guest, {}, true);
    ask(home, 30s);
    ring();
    EXPECT_EQ(wires(), all_on_xhci & ~keys_bit);

    ask(home, 30s);
    alarm.time = *alarm.at + 1h; // the lid was closed
    life->trials.ring();

    EXPECT_EQ(wires(), all_on_xhci);
    EXPECT_TRUE(why_out().find("keys stays: keys holds the host's only keyboard") != std::string::npos)
        << why_out();
}

TEST_F(GoingBack, WhatATrialHasLeftTakesNoKeyboardThatHasBecomeTheLast)
{
    world.plug(2, Thing::keyboard);
    world.plug(9, Thing::keyboard);
    give_ehcis_to_the_guest();
    ask(plan::MoveRequest{{ConnectorName("keys")}, GuestName("windows")});
    ask(plan::MoveRequest{{ConnectorName("keys")}, config::ToHost{}}, 30s);
    world.drive(World::controllers[2], "ehci-pci"); // the guest has ended
    look();
    ring();
    ASSERT_TRUE(why_out().find("keys stays: keys belonged to windows") != std::string::npos) << why_out();
    ask(plan::MoveRequest{{ConnectorName("rear")}, GuestName("windows")});
    ASSERT_EQ(wires(), all_on_xhci & ~rear_bit);

    world.drive(World::controllers[2], "vfio-pci"); // and has begun
    look();
    ring();
    EXPECT_EQ(wires(), all_on_xhci & ~rear_bit);
    start();
    ring();
    EXPECT_EQ(wires(), all_on_xhci & ~rear_bit);
    // Nor by another trial, which what is left joins.
    ask(plan::MoveRequest{{ConnectorName("front")}, topology::Side::ehci}, 30s, true);
    ring();
    EXPECT_EQ(wires(), all_on_xhci & ~rear_bit);
    EXPECT_TRUE(why_out().find("keys stays: keys holds the host's only keyboard") != std::string::npos)
        << why_out();

    ask(plan::MoveRequest{{ConnectorName("rear")}, config::ToHost{}});
    EXPECT_EQ(wires(), all_on_xhci & ~keys_bit);
    EXPECT_EQ(why_out(), "nothing is out");
}

TEST_F(GoingBack, WhatIsMovedAfterTheEndOfATrialIsNotTakenBackWithItsRest)
{
    world.plug(9, Thing::disk);
    try_on_ehci(keys_and_rear);
    world.mount_disk_of(9);
    ring();

    ask(plan::MoveRequest{{ConnectorName("front")}, topology::Side::ehci});
    world.unmount_all();
    look();

    EXPECT_EQ(wires(), all_on_xhci & ~front_bit);
    EXPECT_EQ(life->journal.history().undoable.size(), 1u);
}

TEST_F(GoingBack, WhoMovesTheSocketByHandEndsTheTrialOfIt)
{
    world.plug(9, Thing::disk);
    try_on_ehci(keys_and_rear);
    world.mount_disk_of(9);
    ring();
    world.unmount_all();
    world.unplug(9);
    life->machine.take(world.snapshot());
    (void)life->told();
    const plan::Request by_hand{.wish = plan::MoveRequest{{ConnectorName("rear")}, topology::Side::xhci}};
    const auto done = fakes::carry_out(life->machine, by_hand);
    ASSERT_TRUE(done);
    wire::Answer answer;

    life->trials.settle(by_hand, *done, answer);
    life->trials.tell_news();

    EXPECT_EQ(life->told(), "event trial over nothing is left to take back\n");
    EXPECT_EQ(alarm.at, std::nullopt);
    start();
    EXPECT_EQ(why_out(), "nothing is out");
}

TEST_F(GoingBack, WhatIsOutMayBeConfirmedAndStays)
{
    world.plug(9, Thing::disk);
    try_on_ehci(keys_and_rear);
    world.mount_disk_of(9);
    ring();

    EXPECT_EQ(life->trials.confirm("control").status, wire::Status::ok);

    world.unmount_all();
    look();
    EXPECT_EQ(wires(), all_on_xhci & ~rear_bit);
    EXPECT_EQ(alarm.at, std::nullopt);
}

TEST_F(GoingBack, WhatATrialCouldNotTakeBackIsNotRestoredToWhereTheTrialHadPutIt)
{
    world.plug(9, Thing::disk);
    try_on_ehci(keys_and_rear);
    world.mount_disk_of(9);
    ring();
    world.unmount_all();
    world.bits.usb2_owner = all_on_xhci; // the machine has slept

    look();

    EXPECT_EQ(wires(), all_on_xhci);
    EXPECT_EQ(why_out(), "nothing is out");
}

TEST_F(GoingBack, WiresThatWereRestoredAfterASleepAreStillOnTrialAndGoWhereTheyWereBeforeIt)
{
    try_on_ehci(keys_and_rear);
    world.bits.usb2_owner = all_on_xhci; // the machine has slept
    look();
    ASSERT_EQ(wires(), all_on_xhci & ~(keys_bit | rear_bit));

    ring();

    EXPECT_EQ(wires(), all_on_xhci);
    EXPECT_EQ(why_out(), "nothing is out");
}

TEST_F(GoingBack, AnXhciThatIsOffTheBusIsWaitedForAndTheNextLookBringsItAllBack)
{
    try_on_ehci(keys_and_rear);
    world.put_on_the_bus(World::controllers[0], false);
    life->machine.take(world.snapshot());

    ring();
    EXPECT_TRUE(why_out().find("this machine has no xHCI controller") != std::string::npos) << why_out();

    world.put_on_the_bus(World::controllers[0], true);
    look();
    EXPECT_EQ(wires(), all_on_xhci);
}

TEST_F(GoingBack, ARestoreLeavesTheHostsLastKeyboardAndSaysSoOnce)
{
    world.plug(2, Thing::keyboard);
    give_ehcis_to_the_guest();
    ask(plan::MoveRequest{keys_and_rear, GuestName("windows")}, {}, true);
    ASSERT_EQ(wires(), all_on_xhci & ~(keys_bit | rear_bit));
    world.bits.usb2_owner = all_on_xhci; // the machine has slept
    (void)life->told();

    for (int i = 0; i < 10; ++i) look();

    EXPECT_EQ(wires(), all_on_xhci & ~rear_bit);
    const auto told = life->told();
    const auto moved = told.find("event moved ehci=rear\n");
    EXPECT_NE(moved, std::string::npos) << told;
    EXPECT_EQ(told.find("event moved", moved + 1), std::string::npos) << told;
    world.plug(5, Thing::keyboard);
    look();
    EXPECT_EQ(wires(), all_on_xhci & ~(keys_bit | rear_bit)); // now it is not the last
}

TEST_F(GoingBack, ARestoreWaitsUntilTheKeyboardThatHasJustComeIsSeen)
{
    world.plug(2, Thing::keyboard);
    give_ehcis_to_the_guest();
    ask(plan::MoveRequest{keys_and_rear, GuestName("windows")}, {}, true);
    std::string woken;
    Restorer restorer{life->machine, [](const Moved&) {},
                      [&](std::chrono::milliseconds after) { woken += std::to_string(after.count()) + " "; }};
    world.bits.usb2_owner = all_on_xhci; // the machine has slept
    world.unplug(2);                     // not found by the kernel yet
    life->machine.take(world.snapshot());

    restorer.look_again({.now = 100s});
    restorer.look_again({.now = 101s});
    EXPECT_EQ(wires(), all_on_xhci);
    EXPECT_EQ(woken, "3000 2000 ");

    world.plug(2, Thing::keyboard);
    life->machine.take(world.snapshot());
    restorer.look_again({.now = 101s});
    EXPECT_EQ(wires(), all_on_xhci & ~rear_bit);

    world.unplug(2); // there is none any more, and it had time to be found
    life->machine.take(world.snapshot());
    restorer.look_again({.now = 110s});
    EXPECT_EQ(wires(), all_on_xhci & ~(keys_bit | rear_bit));
}

TEST_F(GoingBack, ARestoreTakesTheLastKeyboardByLeaveOfTheProfileAlsoAfterARestart)
{
    for (auto& profile : settings.profiles) profile.may_take_last_keyboard = true;
    world.plug(2, Thing::keyboard);
    give_ehcis_to_the_guest();
    start();
    ask(plan::ApplyRequest{ProfileName("desk")});
    ASSERT_EQ(wires(), all_on_xhci & ~(keys_bit | rear_bit));

    for (int i = 0; i < 3; ++i) {
        world.bits.usb2_owner = all_on_xhci;
        start();
        look();
        EXPECT_EQ(wires(), all_on_xhci & ~(keys_bit | rear_bit)) << i;
    }
}

TEST_F(GoingBack, WhatIsGuardedInARestoreUsesUpNoneOfItsWrites)
{
    world.plug(2, Thing::keyboard);
    give_ehcis_to_the_guest();
    ask(plan::MoveRequest{keys_and_rear, GuestName("windows")}, {}, true);
    world.bits.usb2_owner = all_on_xhci & ~rear_bit;
    for (int i = 0; i < 10; ++i) {
        life->machine.take(world.snapshot());
        life->restorer.look_again({.now = ground.loop.now()});
    }

    world.bits.usb2_owner = all_on_xhci;
    life->machine.take(world.snapshot());
    life->restorer.look_again({.now = ground.loop.now()});

    EXPECT_EQ(wires(), all_on_xhci & ~rear_bit);
}

TEST_F(GoingBack, HomecomingBringsWhatItCanWhereOneBitDoesNotTake)
{
    give_ehcis_to_the_guest();
    ask(plan::MoveRequest{keys_and_rear, GuestName("windows")});
    world.stuck = rear_bit;

    const auto gone = fakes::go_back(life->machine, {.wish = plan::ReturnRequest{GuestName("windows")}});

    ASSERT_TRUE(gone);
    EXPECT_EQ(wires(), all_on_xhci & ~rear_bit);
    EXPECT_TRUE(gone->has_failed());
    ASSERT_EQ(gone->rest.size(), 1u);
    EXPECT_EQ(gone->rest.front().connector, ConnectorName("rear"));
    EXPECT_TRUE(in_words(gone->rest)
                    .starts_with("rear stays: cannot return from windows: XUSB2PR kept its own value"));
}

TEST_F(GoingBack, AStartThatWouldTakeTheLastKeyboardTakesNothing)
{
    settings.at_start = ProfileName("desk");
    world.plug(2, Thing::keyboard);
    give_ehcis_to_the_guest();
    start();
    FirstRoutes first{life->machine, [](const Moved&) {}, [](std::chrono::milliseconds) {}};

    first.look_again(ground.loop.now());

    EXPECT_EQ(wires(), all_on_xhci);
}

TEST(StillOut, IsNamedInOneLineHoweverManyThereAre)
{
    const auto why = NotDone(plan::Refusal{plan::Reason::no_driver, "bit", "no driver runs it", ""});
    std::vector<StillOut> rest;
    for (int bit = 0; bit < 14; ++bit)
        rest.push_back({.connector = ConnectorName("bit" + std::to_string(bit)), .why = why});

    EXPECT_EQ(
        in_words(rest),
        "bit0 stays: no driver runs it; bit1 stays: no driver runs it; bit2 stays: no driver runs it; bit3 stays: no driver runs it; and 10 more");
}

TEST(Patience, GrowsToAMinuteAndNoFurther)
{
    Patience patience;
    EXPECT_FALSE(patience.is_tried());

    std::string waits;
    for (int i = 0; i < 9; ++i) waits += std::to_string(patience.longer().count()) + " ";

    EXPECT_EQ(waits, "1 2 4 8 16 32 60 60 60 ");
    patience.end();
    EXPECT_EQ(patience.longer(), 1s);
}

} // namespace
} // namespace usbroute::daemon
