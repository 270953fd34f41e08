// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Whatever the order in which device, guest, assignment and daemon come and go: one result.

#include "base/text.hpp"
#include "fakes/given_life.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

using Order = std::vector<std::string>;

/// A life in which things happen by name, and what has to come of them: where each device is follows from what is there now, and
/// not from how it came.
class TravelledLife {
public:
    TravelledLife()
    {
        life.daemon_starts();
        life.settle();
    }

    /// "plug 3-1", "unplug 3-1", "start windows", "quit windows", "kill windows", "move left windows", "restart", "sleep"
    void happens(const std::string& event)
    {
        const auto words = split(event, ' ');
        const auto of = std::string(words.size() > 1 ? words[1] : std::string_view());
        if (words[0] == "plug") life.plug(of);
        if (words[0] == "unplug") life.unplug(of);
        if (words[0] == "start" && !life.is_on(of)) life.guest_starts(of);
        if (words[0] == "quit") life.guest_quits(of);
        if (words[0] == "kill") life.guest_is_killed(of);
        if (words[0] == "move") move(of, std::string(words[2]));
        if (words[0] == "sleep") life.sleep();
        if (words[0] != "restart") return;
        life.daemon_is_killed();
        life.daemon_starts();
    }

    [[nodiscard]] std::string due() const
    {
        std::string text;
        std::string claims;
        for (const auto& [place, socket] : sockets) {
            const auto& whom = is_for.at(socket);
            const bool is_the_hosts = whom == "host" || (whom != "none" && !life.is_on(whom));
            if (life.nodes.devices.contains(life.at(place)))
                text += (text.empty() ? "" : ", ") + place + " " +
                        (is_the_hosts     ? "host"
                         : whom == "none" ? "nobody"
                                          : whom);
            if (!is_the_hosts) claims += " [" + place + "]";
        }
        return text + claims;
    }

    const std::map<std::string, std::string> sockets{{"3-1", "left"}, {"3-2", "right"}};
    std::map<std::string, std::string> is_for{{"left", "host"}, {"right", "host"}};
    fakes::GivenLife life;

private:
    /// Whoever asks waits for the answer: a change that the daemon is killed in counts or does not.
    void move(const std::string& socket, const std::string& to)
    {
        life.said.clear();
        life.move(socket, to);
        life.settle();
        // A guest that dies meanwhile leaves all as it was.
        if (life.said.starts_with("failed monitor-away ")) return;
        EXPECT_TRUE(life.said.starts_with("ok ")) << life.said;
        is_for.at(socket) = to;
    }
};

/// After each event.
void expect_in_each_order_of(Order events, const Order& before = {})
{
    std::ranges::sort(events);
    do {
        TravelledLife travelled;
        for (const auto& event : before) travelled.happens(event);
        travelled.life.settle();
        std::string trace;
        for (const auto& event : events) {
            trace += event + ", ";
            travelled.happens(event);
            travelled.life.settle();
            ASSERT_EQ(travelled.life.shown(), travelled.due()) << trace << "\n" << travelled.life.heard;
        }
    } while (std::ranges::next_permutation(events).found);
}

TEST(Follower, DeviceGuestAssignmentAndDaemonMayComeInAnyOrder)
{
    expect_in_each_order_of({"plug 3-1", "start windows", "move left windows", "restart"});
}

TEST(Follower, DeviceGuestAssignmentAndDaemonMayGoInAnyOrder)
{
    const Order given{"plug 3-1", "start windows", "move left windows"};
    expect_in_each_order_of({"unplug 3-1", "quit windows", "move left host", "restart"}, given);
    expect_in_each_order_of({"unplug 3-1", "kill windows", "move left host", "restart"}, given);
}

TEST(Follower, TwoDevicesOfTwoGuestsAreNotMixedUp)
{
    expect_in_each_order_of({"plug 3-1", "plug 3-2", "start windows", "start linux"},
                            {"move left windows", "move right linux"});
    expect_in_each_order_of({"move left linux", "move right windows", "restart", "sleep"},
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
