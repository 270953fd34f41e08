// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Whatever the order in which device, guest, assignment and daemon come and go: one result.

#include "fakes/travelled_life.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

using fakes::Order;
using fakes::TravelledLife;

TEST(Follower, DeviceGuestAssignmentAndDaemonMayComeInAnyOrder)
{
    fakes::expect_in_each_order_of({"plug 3-1", "start windows", "move left windows", "restart"});
}

TEST(Follower, DeviceGuestAssignmentAndDaemonMayGoInAnyOrder)
{
    const Order given{"plug 3-1", "start windows", "move left windows"};
    fakes::expect_in_each_order_of({"unplug 3-1", "quit windows", "move left host", "restart"}, given);
    fakes::expect_in_each_order_of({"unplug 3-1", "kill windows", "move left host", "restart"}, given);
}

TEST(Follower, TwoDevicesOfTwoGuestsAreNotMixedUp)
{
    fakes::expect_in_each_order_of({"plug 3-1", "plug 3-2", "start windows", "start linux"},
                                   {"move left windows", "move right linux"});
    fakes::expect_in_each_order_of(
        {"move left linux", "move right windows", "restart", "sleep"},
        {"plug 3-1", "plug 3-2", "start windows", "start linux", "move left windows"});
}

const Order all_events{"plug 3-1",          "plug 3-2",       "unplug 3-1",      "unplug 3-2",
                       "start windows",     "start linux",    "quit windows",    "quit linux",
                       "kill windows",      "kill linux",     "move left host",  "move left linux",
                       "move left windows", "move left none", "move right host", "move right windows",
                       "move right linux",  "restart",        "sleep",           "start windows",
                       "start linux",       "plug 3-1",       "plug 3-2"};

TEST(Follower, AnythingMayHappenAfterAnything)
{
    for (unsigned seed = 1; seed <= 40; ++seed) {
        std::mt19937 dice(seed);
        TravelledLife travelled;
        std::string trace;
        for (int i = 0; i < 12; ++i) {
            const auto& event = all_events[dice() % all_events.size()];
            trace += event + ", ";
            travelled.happens(event);
            travelled.life.settle();
            ASSERT_EQ(travelled.life.shown(), travelled.due()) << "seed " << seed << ": " << trace << "\n"
                                                               << travelled.life.heard;
        }
    }
}

TEST(Follower, AnythingMayHappenWhileAnythingIsUnderWay)
{
    for (unsigned seed = 1; seed <= 80; ++seed) {
        std::mt19937 dice(seed);
        TravelledLife travelled;
        std::string trace;
        for (int i = 0; i < 12; ++i) {
            const auto& event = all_events[dice() % all_events.size()];
            auto steps = dice() % 40;
            trace += event + format(" ({} steps), ", steps);
            travelled.happens(event);
            while (steps > 0 && travelled.life.step()) --steps;
        }
        travelled.life.settle(70s);
        ASSERT_EQ(travelled.life.shown(), travelled.due()) << "seed " << seed << ": " << trace << "\n"
                                                           << travelled.life.heard;
    }
}

/// Of usbfs there are no events; but where to look is known.
TEST(Follower, WhatAGuestGetsAndGivesBackIsReadThereAlone)
{
    fakes::GivenLife life;
    life.guest_starts("windows");
    life.daemon_starts();
    life.settle();
    life.move("left", "windows");
    life.settle();
    life.looks_at_everything = 0;

    for (int round = 0; round < 3; ++round) {
        life.plug("3-1");
        life.settle();
        EXPECT_EQ(life.shown(), "3-1 windows [3-1]");
        life.unplug("3-1");
        life.settle();
    }
    EXPECT_EQ(life.looks_at_everything, 0);
}

} // namespace
} // namespace usbroute::daemon
