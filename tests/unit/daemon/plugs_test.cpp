// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What a plug into a socket of a guest that does not run brings about, with the whole daemon, a QEMU and a libvirt in memory.

#include "daemon/plug_limit.hpp"
#include "fakes/given_life.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using fakes::GivenLife;

TEST(PlugLimit, ThreeTimesInTenMinutesAndThenNoMoreUntilItIsQuiet)
{
    PlugLimit limit;

    EXPECT_TRUE(limit.admit(1min) && limit.admit(2min) && limit.admit(3min));
    EXPECT_FALSE(limit.admit(4min));
    EXPECT_FALSE(limit.admit(13min)); // the cable is still loose
    EXPECT_TRUE(limit.is_reached(22min));
    EXPECT_FALSE(limit.is_reached(23min));
    EXPECT_TRUE(limit.admit(23min) && limit.admit(23min) && limit.admit(23min));
    EXPECT_FALSE(limit.admit(23min));
}

TEST(PlugLimit, WhatIsTenMinutesAgoDoesNotCount)
{
    PlugLimit limit;
    EXPECT_TRUE(limit.admit(0min) && limit.admit(4min) && limit.admit(8min));

    EXPECT_TRUE(limit.admit(10min));
    EXPECT_FALSE(limit.admit(13min));
}

TEST(PlugLimit, SomebodyMayLiftIt)
{
    PlugLimit limit;
    for (int i = 0; i < 4; ++i) static_cast<void>(limit.admit(1min));

    limit.lift();

    EXPECT_FALSE(limit.is_reached(1min));
    EXPECT_TRUE(limit.admit(1min));
}

/// The left socket is for windows, which libvirt runs, or a QEMU.
class PlugsTest : public testing::Test {
protected:
    void begin(const std::string& keys, bool by_libvirt = true)
    {
        life = std::make_unique<GivenLife>(by_libvirt ? std::set<std::string>{"windows"}
                                                      : std::set<std::string>{},
                                           std::map<std::string, std::string>{{"windows", keys}});
        life->daemon_starts();
        life->settle();
        life->move("left", "windows");
        life->settle();
    }
    void plug(const std::string& ids = "46d/c31c/100")
    {
        life->plug("3-1", ids);
        life->settle();
    }
    void plug_anew()
    {
        life->unplug("3-1");
        life->settle();
        plug();
    }
    /// How often libvirt was asked for it.
    [[nodiscard]] long asked(const std::string& what) const
    {
        return std::ranges::count(life->libvirt->seen, what + " windows");
    }
    [[nodiscard]] std::string status()
    {
        life->said.clear();
        life->ask(R"({"do":"status"})");
        life->settle_now();
        return life->said;
    }
    [[nodiscard]] bool was_heard(std::string_view text) const
    {
        return life->heard.find(text) != std::string::npos;
    }

    std::unique_ptr<GivenLife> life;
};

TEST_F(PlugsTest, ADomainThatIsOffIsStartedAndHasTheDevice)
{
    begin("on_plug = \"start\"");
    plug();

    EXPECT_EQ(asked("start"), 1);
    EXPECT_EQ(life->shown(), "3-1 windows [3-1]");
    EXPECT_TRUE(was_heard("event guest windows was started by a plug into left")) << life->heard;
    EXPECT_NE(status().find(R"("code":"started")"), std::string::npos) << life->said;
}

TEST_F(PlugsTest, WhileItIsOffTheDeviceIsWhoseWhenOffSays)
{
    begin("on_plug = \"start\"\nwhen_off = \"reserve\"");
    life->libvirt->refuses["start"] = "failed";
    plug();
    EXPECT_EQ(life->shown(), "3-1 nobody [3-1]");

    begin("on_plug = \"start\"\nwhen_off = \"host\"");
    life->libvirt->refuses["start"] = "failed";
    plug();
    EXPECT_EQ(life->shown(), "3-1 host");
}

TEST_F(PlugsTest, WhatLibvirtRefusesIsSaidAndTriedAgainAtTheNextPlug)
{
    begin("on_plug = \"start\"");
    life->libvirt->refuses["start"] = "failed";
    plug();
    life->settle(2min);
    EXPECT_EQ(asked("start"), 1);
    EXPECT_TRUE(was_heard("was not started by the plug into left: libvirt refused")) << life->heard;
    EXPECT_NE(status().find(R"("code":"not-started")"), std::string::npos) << life->said;

    life->libvirt->refuses.clear();
    plug_anew();

    EXPECT_EQ(life->shown(), "3-1 windows [3-1]");
    EXPECT_EQ(status().find("not-started"), std::string::npos) << life->said;
}

TEST_F(PlugsTest, ADomainThatIsPausedOrAsleepGoesOnAndOneThatIsOffStaysOff)
{
    for (const auto* state : {"paused", "suspended"}) {
        begin("on_plug = \"resume\"");
        plug();
        EXPECT_EQ(life->shown(), "3-1 host");
        life->guest_starts("windows");
        life->settle();
        life->libvirt->turns("windows", state);
        life->settle();
        EXPECT_EQ(asked("resume"), 0) << "what was there is no plug";

        plug_anew();

        EXPECT_EQ(asked("start"), 0);
        EXPECT_EQ(asked("resume"), 1) << state;
        EXPECT_TRUE(life->is_on("windows"));
        EXPECT_TRUE(was_heard("event guest windows was resumed by a plug into left")) << life->heard;
    }
}

TEST_F(PlugsTest, ADomainThatIsPausedGoesOnHoweverSoonTheDeviceCouldNotBeGiven)
{
    begin("on_plug = \"resume\"");
    life->guest_starts("windows");
    life->settle();
    life->libvirt->turns("windows", "paused");
    life->settle();
    life->libvirt->refuses["attach"] = "no-device";
    plug();

    EXPECT_EQ(asked("resume"), 1);
    EXPECT_EQ(life->shown(), "3-1 host") << "it failed twice";
}

TEST_F(PlugsTest, ADomainThatWasPausedJustNowGoesOn)
{
    begin("on_plug = \"resume\"");
    life->guest_starts("windows");
    life->settle();
    life->libvirt->turns("windows", "paused");
    life->settle_now();
    plug();

    EXPECT_EQ(asked("resume"), 1);
    EXPECT_TRUE(life->is_on("windows"));
}

TEST_F(PlugsTest, StatusSaysWhetherAGuestRuns)
{
    begin("on_plug = \"nothing\"");
    const auto says = [&](const std::string& state) {
        return status().find(R"("device_guests":[{"guest":"windows","state":")" + state) != std::string::npos;
    };
    EXPECT_TRUE(says("off")) << life->said;
    life->guest_starts("windows");
    life->settle();
    EXPECT_TRUE(says("running")) << life->said;
    for (const auto* state : {"paused", "suspended"}) {
        life->libvirt->turns("windows", state);
        life->settle_now();
        EXPECT_TRUE(says(state)) << life->said;
    }
    life->libvirt->loses_libvirt("no socket");
    life->settle(20s);
    EXPECT_TRUE(says("unknown")) << life->said;
}

TEST_F(PlugsTest, AQemuThatIsPausedOrAsleepGoesOn)
{
    for (const auto* why : {"paused", "suspended"}) {
        begin("on_plug = \"resume\"", false);
        life->guest_starts("windows");
        life->settle();
        life->qemu("windows").stops(why);
        life->settle();

        plug();

        EXPECT_TRUE(life->qemu("windows").is_running) << why;
        EXPECT_EQ(life->shown(), "3-1 windows [3-1]");
        EXPECT_TRUE(was_heard("was resumed by a plug into left")) << life->heard;
    }
}

TEST_F(PlugsTest, AQemuThatWasPausedJustNowGoesOn)
{
    begin("on_plug = \"resume\"", false);
    life->guest_starts("windows");
    life->settle();
    life->qemu("windows").stops("paused");
    life->settle_now();
    plug();

    EXPECT_TRUE(life->qemu("windows").is_running);
    EXPECT_TRUE(was_heard("was resumed by a plug into left")) << life->heard;
}

TEST_F(PlugsTest, AQemuThatStandsStillForAReasonOfItsOwnIsLeftAlone)
{
    begin("on_plug = \"resume\"", false);
    life->guest_starts("windows");
    life->qemu("windows").is_running = false;
    life->qemu("windows").stands = "io-error";
    life->settle();

    plug();

    EXPECT_FALSE(life->qemu("windows").is_running);
}

TEST_F(PlugsTest, NothingIsDoneUnlessItIsConfigured)
{
    begin("");
    plug();

    EXPECT_EQ(asked("start") + asked("resume"), 0);
    EXPECT_EQ(life->shown(), "3-1 host");
}

TEST_F(PlugsTest, WhoeverWatchesIsAsked)
{
    begin("on_plug = \"ask\"");
    plug();

    EXPECT_EQ(asked("start"), 0);
    EXPECT_TRUE(was_heard("event guest-wanted left windows ")) << life->heard;
    EXPECT_TRUE(
        was_heard("is plugged into left, and windows does not run: virsh -c qemu:///system start 'windows'"))
        << life->heard;
    EXPECT_NE(status().find(R"("code":"wanted")"), std::string::npos) << life->said;
}

TEST_F(PlugsTest, ALooseCableStartsItThreeTimesAndThenACommandIsNeededOrAQuietTime)
{
    begin("on_plug = \"start\"");
    for (int i = 0; i < 6; ++i) {
        plug_anew();
        life->guest_quits("windows");
        life->settle();
    }
    EXPECT_EQ(asked("start"), 3);
    EXPECT_TRUE(was_heard("is not started again by a plug: it was 3 times in 10 minutes")) << life->heard;
    EXPECT_NE(status().find(R"("code":"too-often")"), std::string::npos) << life->said;

    life->move("left", "windows");
    life->settle();
    EXPECT_EQ(status().find("too-often"), std::string::npos) << life->said;
    plug_anew();
    EXPECT_EQ(asked("start"), 4);

    for (int i = 0; i < 3; ++i) {
        life->guest_quits("windows");
        life->settle();
        plug_anew();
    }
    EXPECT_EQ(asked("start"), 6);
    life->guest_quits("windows");
    life->settle(10min);
    EXPECT_EQ(status().find("too-often"), std::string::npos) << life->said;
    plug_anew();
    EXPECT_EQ(asked("start"), 7);
}

TEST_F(PlugsTest, AGuestThatIsShutOffWithTheDevicePluggedInStaysOff)
{
    begin("on_plug = \"start\"");
    plug();
    life->guest_quits("windows");
    life->settle(2min);

    EXPECT_EQ(asked("start"), 1);
    EXPECT_FALSE(life->is_on("windows"));
}

TEST_F(PlugsTest, WhatWasPluggedInBeforeTheDaemonBeganOrWhileTheHostSleptStartsNothing)
{
    begin("on_plug = \"start\"");
    life->daemon_is_killed();
    life->plug("3-1");
    life->daemon_starts();
    life->settle();
    EXPECT_EQ(asked("start"), 0);

    life->sleep();
    life->plug("3-2");
    life->unplug("3-1");
    life->plug("3-1");
    life->settle();
    EXPECT_EQ(asked("start"), 0);

    life->settle(1min);
    plug_anew();
    EXPECT_EQ(asked("start"), 1);
}

TEST_F(PlugsTest, AHubStartsNothingAndWhatIsBehindItDoes)
{
    begin("on_plug = \"start\"");
    life->nodes.plug_hub(GivenLife::at("3-1"), 4);
    life->settle();
    EXPECT_EQ(asked("start"), 0);

    life->plug("3-1.2");
    life->settle();
    EXPECT_EQ(asked("start"), 1);
}

TEST_F(PlugsTest, APlugWaitsForLibvirtForAMinute)
{
    begin("on_plug = \"start\"");
    life->libvirt->loses_libvirt("it was restarted");
    life->settle();
    plug();
    EXPECT_EQ(asked("start"), 0);
    life->libvirt->finds_libvirt();
    life->settle();
    EXPECT_EQ(asked("start"), 1);

    life->guest_quits("windows");
    life->settle();
    life->libvirt->loses_libvirt("it was restarted");
    plug_anew();
    life->settle(2min);
    EXPECT_TRUE(was_heard("was not started by the plug into left: nobody could tell whether it runs"))
        << life->heard;
    life->libvirt->finds_libvirt();
    life->settle();
    EXPECT_EQ(asked("start"), 1);
}

TEST_F(PlugsTest, SocketsOfTheHostStartNothing)
{
    begin("on_plug = \"start\"");
    life->plug("3-2");
    life->settle();

    EXPECT_EQ(asked("start"), 0);
}

} // namespace
} // namespace usbroute::daemon
