// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/restorer.hpp"
#include "fakes/at_once.hpp"
#include "fakes/daemon_room.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

/// A daemon that has moved `keys` to EHCI.
class RestorerTest : public testing::Test, protected fakes::DaemonRoom {
protected:
    RestorerTest()
    {
        machine.take(board);
        const auto moved = fakes::carry_out(
            machine, {.wish = plan::MoveRequest{{ConnectorName("keys")}, config::target_from("ehci")}});
        EXPECT_TRUE(moved);
        restorer.look_again({.now = 0s});
    }

    /// As firmware does at a resume.
    void reset_routes()
    {
        registers.bits.usb2_owner = 0x3fff;
        machine.take(board);
    }

    int told = 0;
    Restorer restorer{machine, [this](const Moved&) { ++told; }, [](std::chrono::milliseconds) {}};
};

TEST_F(RestorerTest, BringsTheWiresBackAndTellsOfIt)
{
    reset_routes();

    restorer.look_again({.now = 1s});

    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
    EXPECT_EQ(told, 1);
}

TEST_F(RestorerTest, WritesNothingWhereNobodyElseHasWritten)
{
    const int before = registers.writes;
    machine.take(board);

    restorer.look_again({.now = 1s});

    EXPECT_EQ(registers.writes, before);
    EXPECT_EQ(told, 0);
}

TEST_F(RestorerTest, GivesWayToWhoWritesAFourthTimeWithinAMinute)
{
    for (auto now = 1s; now <= 3s; ++now) {
        reset_routes();
        restorer.look_again({.now = now});
        EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
    }

    reset_routes();
    restorer.look_again({.now = 4s});
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);

    restorer.look_again({.now = 61s}); // the first is a minute old now
    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
}

TEST_F(RestorerTest, BringsThemBackAfterEverySleepHoweverShortlyOneFollowsTheOther)
{
    for (int sleeps = 1; sleeps <= 20; ++sleeps) {
        reset_routes();
        restorer.look_again({.now = sleeps * 1s, .asleep = sleeps * 2s});
        EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu) << "sleep " << sleeps;
    }

    EXPECT_EQ(told, 20);
}

TEST_F(RestorerTest, TakesNoSleepFromBeforeForANewOne)
{
    for (auto now = 1s; now <= 3s; ++now) {
        reset_routes();
        restorer.look_again({.now = now, .asleep = 60s});
    }

    reset_routes();
    restorer.look_again({.now = 4s, .asleep = 60s + 1ms}); // two clocks, read one after the other

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
}

TEST_F(RestorerTest, GivesUpAfterThreeWritesThatFail)
{
    reset_routes();
    registers.stuck = 4;
    const int before = registers.writes;

    for (auto now = 1s; now <= 10s; ++now) restorer.look_again({.now = now});

    EXPECT_EQ(registers.writes, before + 3);
    EXPECT_EQ(told, 0);
}

TEST_F(RestorerTest, OnlyReportsWhereTheConfigurationSaysSo)
{
    auto settings = fakes::settings();
    settings.on_drift = config::OnDrift::report;
    machine.adopt(std::move(settings));
    reset_routes();

    restorer.look_again({.now = 1s});

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    EXPECT_EQ(told, 0);
}

TEST_F(RestorerTest, TriesAgainAfterAnotherProcessHeldTheLockHoweverOften)
{
    reset_routes();
    linux_::LockFile other(state.path() + "/change.lock");
    {
        const auto held = other.take(0ms);
        ASSERT_TRUE(held);
        for (auto now = 1s; now <= 9s; ++now) restorer.look_again({.now = now});
        EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    }

    restorer.look_again({.now = 10s});

    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
}

} // namespace
} // namespace usbroute::daemon
