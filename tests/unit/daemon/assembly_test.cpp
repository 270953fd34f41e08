// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What the daemon's parts do to one another.

#include "daemon/assembly.hpp"
#include "fakes/guest_process.hpp"
#include "fakes/served_world.hpp"
#include "linux/listen.hpp"
#include "linux/state_lock.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using fakes::Killed;
using fakes::Thing;

constexpr std::uint32_t at_home = 0x3fff;
constexpr std::uint32_t front_out = at_home & ~(1u << fakes::ServedWorld::front);
constexpr std::uint32_t keys_out = at_home & ~(1u << fakes::ServedWorld::keys);
constexpr std::uint32_t rear_out = at_home & ~(1u << fakes::ServedWorld::rear);

class AssemblyTest : public testing::Test, protected fakes::ServedWorld {
protected:
    AssemblyTest() { give_ehcis_to_windows(); }

    void start_and_listen()
    {
        start();
        listener.emplace(life->subscribe());
    }
    std::string heard()
    {
        ground.loop.settle();
        return listener->hear();
    }
    /// The daemon dies at its next write.
    void kill_at(std::string_view line)
    {
        world.writes_until_kill = 1;
        person->say(std::string(line) + "\n");
        EXPECT_THROW(ground.loop.settle(), Killed);
        listener.reset();
        person.reset();
        life.reset();
    }

    std::optional<fakes::ClientEnd> listener;
};

TEST_F(AssemblyTest, WhatWasThereBeforeTheFirstLookHasNotArrived)
{
    life.emplace(world, ground, settings, ScanPlace::worker);
    listener.emplace(life->subscribe());

    ASSERT_TRUE(life->assembly.lookout.begin());
    ground.loop.run_errand();

    EXPECT_EQ(heard(), "");
}

TEST_F(AssemblyTest, WiresThatSomebodyElseMovedAreBroughtBackAndThatIsWatchedAsAnyMove)
{
    start_and_listen();
    ask("move front windows");
    life->look();
    heard();
    world.bits.usb2_owner = at_home;

    life->look();

    EXPECT_EQ(wires(), front_out);
    EXPECT_EQ(heard().find("event drift XUSB2PR 0x3ffe -> 0x3fff\n"
                           "event moved ehci=front\n"
                           "event verdict front consistent "),
              0u);
}

TEST_F(AssemblyTest, AMachineThatHasSleptMovesItsWiresBackAfterEachSleepHoweverManyThereAre)
{
    start();
    ask("move front windows");

    for (int sleeps = 1; sleeps <= 6; ++sleeps) {
        world.bits.usb2_owner = at_home;
        ground.alarm.slept += 1s;
        life->look();
        EXPECT_EQ(wires(), front_out) << "sleep " << sleeps;
    }
}

TEST_F(AssemblyTest, AProgramThatWritesAgainAndAgainWinsWhereTheMachineDoesNotSleep)
{
    start();
    ask("move front windows");

    for (int writes = 1; writes <= 4; ++writes) {
        world.bits.usb2_owner = at_home;
        life->look();
    }

    EXPECT_EQ(wires(), at_home);
}

TEST_F(AssemblyTest, AChangeThatWasCutShortIsEndedByTheFirstLookOfTheNextDaemon)
{
    start_and_listen();
    kill_at("move rear windows");
    ASSERT_EQ(wires(), rear_out);

    start();

    EXPECT_FALSE(life->journal.history().open);
    EXPECT_EQ(ask("undo"), "ok xhci=rear\n"); // it was done, but for the journal's last word
    EXPECT_EQ(wires(), at_home);
}

TEST_F(AssemblyTest, WhileTheRegistersCannotBeReadNothingIsMovedThatNobodyAskedFor)
{
    start();
    ask("move front windows");
    life.reset();
    world.bits.usb2_owner = at_home; // by firmware
    world.read_errno = 5;
    start();
    EXPECT_EQ(wires(), at_home);

    world.read_errno = 0;
    life->look();

    EXPECT_EQ(wires(), front_out);
}

TEST_F(AssemblyTest, TheProfileOfTheBootIsAppliedAtTheFirstLookThatFindsItsGuestAndIsTold)
{
    settings.at_start = ProfileName("desk");
    settings.profiles.back().may_take_last_keyboard = true;
    world.drive("0000:00:1a.0", "ehci-pci");
    world.drive("0000:00:1d.0", "ehci-pci");
    start_and_listen();
    EXPECT_EQ(wires(), at_home);

    give_ehcis_to_windows();
    life->look();

    EXPECT_EQ(wires(), keys_out & rear_out);
    EXPECT_EQ(heard().find("event moved desk windows=keys,rear\n"), 0u);
}

TEST_F(AssemblyTest, AKeyboardThatMayNotHaveBeenSeenYetIsWaitedForWithoutAnyHint)
{
    settings.at_start = ProfileName("desk");
    world.unplug(keys);
    start();
    EXPECT_EQ(wires(), at_home);

    ground.loop.advance(10s);
    while (ground.loop.errands() > 0) ground.loop.run_errand();

    EXPECT_EQ(wires(), keys_out & rear_out);
}

TEST_F(AssemblyTest, ATrialOfTheDaemonBeforeGoesOnAndEndsInTime)
{
    start();
    ask("move rear windows revert-after=30s");
    life.reset();
    ground.alarm.time += 10s;
    start_and_listen();
    EXPECT_EQ(ask("status").find("ok host=front,keys windows=rear -- trial: rear goes back to host in 20 s"),
              0u);

    ground.alarm.turn_to(ground.alarm.time + 20s);

    EXPECT_EQ(wires(), at_home);
    EXPECT_EQ(heard(), "event moved xhci=rear\n"
                       "event trial reverted nobody has confirmed it: rear goes back to host\n");
}

TEST_F(AssemblyTest, TheEndOfATrialLooksBeforeItMoves)
{
    start();
    ask("move rear windows revert-after=30s");
    something_has_happened();

    ground.alarm.turn_to(ground.alarm.time + 30s);
    EXPECT_EQ(wires(), rear_out);
    ASSERT_EQ(ground.loop.errands(), 1u);
    ground.loop.run_errand();

    EXPECT_EQ(wires(), at_home);
}

TEST_F(AssemblyTest, WhatWasKeptFromGoingBackGoesWithALaterLook)
{
    world.drive("0000:00:1a.0", "ehci-pci");
    world.drive("0000:00:1d.0", "ehci-pci");
    world.plug(rear, Thing::disk);
    start();
    ask("move rear ehci revert-after=30s");
    life->look();
    world.mount_disk_of(rear);
    ground.alarm.turn_to(ground.alarm.time + 30s);
    EXPECT_EQ(wires(), rear_out);

    world.unmount_all();
    life->look();

    EXPECT_EQ(wires(), at_home);
}

TEST_F(AssemblyTest, NothingIsMovedByItselfWhileSomethingThatNoHintToldOfMayHaveCome)
{
    start_and_listen();
    ask("move rear windows");
    ask("move rear host");
    life->hints.sure = false;
    life->scanner.holds = false;
    world.bits.usb2_owner = rear_out; // by somebody else

    life->look();
    EXPECT_EQ(wires(), rear_out);

    life->scanner.holds = true;
    ground.loop.advance(50ms);
    ASSERT_EQ(ground.loop.errands(), 1u);
    ground.loop.run_errand();
    EXPECT_EQ(wires(), at_home);
}

TEST_F(AssemblyTest, WhatATrialGivesBackToAGuestThatIsGoneComesHome)
{
    settings.guests.front().when_off = config::WhenOff::host;
    start_and_listen();
    life->assembly.guests.adopt();
    {
        const fakes::GuestProcess process(ground.state.path());
        const auto closed = life->assembly.guests.line_opened(GuestName("windows"), process.line());
        ask("move rear windows");
        ask("move rear host revert-after=30s");
        closed();
    }
    ground.loop.advance(1s);
    ASSERT_EQ(wires(), at_home);
    heard();

    ground.alarm.turn_to(ground.alarm.time + 30s);

    EXPECT_EQ(wires(), at_home);
    EXPECT_EQ(heard(), "event moved ehci=rear\n"
                       "event trial reverted nobody has confirmed it: rear goes back to windows\n"
                       "event moved host=rear\n");
}

TEST_F(AssemblyTest, AGuestThatComesAndGoesIsToldAndWhatItHadComesHomeAfterALook)
{
    settings.guests.front().when_off = config::WhenOff::host;
    start_and_listen();
    life->assembly.guests.adopt();
    auto process = std::make_unique<fakes::GuestProcess>(ground.state.path());
    const auto closed = life->assembly.guests.line_opened(GuestName("windows"), process->line());
    ask("move rear windows");
    EXPECT_EQ(heard(), "event guest windows has come\nevent moved windows=rear\n");

    closed();
    process.reset();
    ground.loop.advance(500ms);

    EXPECT_EQ(wires(), at_home);
    EXPECT_EQ(heard(), "event guest windows is gone\nevent moved host=rear\n");
}

TEST_F(AssemblyTest, WhatFoundTheLockHeldIsTriedAgainAMomentLaterByALook)
{
    start();
    ask("move front windows");
    {
        linux_::LockFile other(ground.state.path() + "/change.lock");
        const auto held = other.take(0ms);
        ASSERT_TRUE(held);
        world.bits.usb2_owner = at_home;
        life->look();
        EXPECT_EQ(wires(), at_home);
    }

    ground.loop.advance(250ms + 50ms);
    ASSERT_EQ(ground.loop.errands(), 1u);
    ground.loop.run_errand();

    EXPECT_EQ(wires(), front_out);
    ground.loop.advance(1h);
    EXPECT_EQ(ground.loop.until_next_ring(), std::nullopt);
}

TEST_F(AssemblyTest, WhatWaitsForTheKernelsAnswerAboutDisksGoesOnWhenItIsThere)
{
    ground.claims = ground.state.path() + "/claims.sock";
    const auto door = *linux_::listen_unix(ground.claims, std::nullopt);
    world.drive("0000:00:1a.0", "ehci-pci");
    world.drive("0000:00:1d.0", "ehci-pci");
    start();
    ask("move rear ehci revert-after=30s");
    world.plug(rear, Thing::disk);
    life->look();
    ground.alarm.turn_to(ground.alarm.time + 30s);
    EXPECT_EQ(wires(), rear_out);

    auto question = linux_::accept_client(door.fd());
    ASSERT_TRUE(question && *question);
    fakes::ClientEnd asked(std::move(**question));
    asked.hang_up();
    ground.loop.settle();

    // No answer is no leave; but the trial knows now what keeps it.
    EXPECT_EQ(wires(), rear_out);
    EXPECT_NE(ask("status").find("as soon as possible"), std::string::npos);
}

TEST_F(AssemblyTest, ClientsThatAreThereWhenItEndsAreClosedAlsoWhereTheEndOfOneIsToldToOthers)
{
    start_and_listen();
    int ends = 0;
    auto& clients = life->assembly.clients;
    auto guest = life->connect(line_of("windows"), "windows", [&] {
        ++ends;
        clients.tell({.kind = wire::EventKind::guest, .word = "windows", .text = "is gone"});
    });
    ask(guest, "subscribe");

    life.reset();

    EXPECT_EQ(ends, 1);
    for (auto* client : {&*person, &*listener, &guest}) {
        (void)client->hear();
        EXPECT_TRUE(client->is_closed());
    }
}

} // namespace
} // namespace usbroute::daemon
