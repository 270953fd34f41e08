// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What comes while a guest is being given a device, and guests that are of no help.

#include "fakes/given_life.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

/// `left` is for windows, which runs.
class FollowerTrouble : public testing::Test {
protected:
    FollowerTrouble()
    {
        life.daemon_starts();
        life.guest_starts("windows");
        life.settle();
        life.move("left", "windows");
        life.settle();
        life.heard.clear();
    }
    /// A device is plugged in, and QEMU hangs where it has done this, and has not said so.
    void hang_at(const char* command)
    {
        life.qemu("windows").hangs_at = command;
        life.plug("3-1");
        life.settle_now();
        ASSERT_TRUE(life.qemu("windows").hangs);
    }
    std::string settled(std::chrono::milliseconds by = 6s)
    {
        life.settle(by);
        return life.shown();
    }
    [[nodiscard]] auto asked(const char* guest, const char* command)
    {
        return std::ranges::count(life.qemu(guest).seen, command);
    }
    [[nodiscard]] bool has_heard(std::string_view words) const { return life.heard.contains(words); }

    fakes::GivenLife life;
    static constexpr const char* steps_of_an_add[] = {"add-fd", "device_add", "remove-fd", "qom-get"};
};

TEST_F(FollowerTrouble, WhatIsPluggedInAgainWhileItIsAddedIsGivenAnew)
{
    for (const auto* step : steps_of_an_add) {
        hang_at(step);
        life.plug("3-1");
        life.settle_now();
        life.qemu("windows").go_on();
        EXPECT_EQ(settled(), "3-1 windows [3-1]") << step;
    }
}

TEST_F(FollowerTrouble, WhatIsUnpluggedWhileItIsAddedLeavesNoObject)
{
    for (const auto* step : steps_of_an_add) {
        hang_at(step);
        life.unplug("3-1");
        life.settle_now();
        life.qemu("windows").go_on();
        EXPECT_EQ(settled(), " [3-1]") << step;
    }
}

TEST_F(FollowerTrouble, WhatAGuestIsKilledOverIsTheHostsAndThenTheGuestsThatIsStartedAnew)
{
    for (const auto* step : steps_of_an_add) {
        hang_at(step);
        life.guest_is_killed("windows");
        EXPECT_EQ(settled(), "3-1 host") << step;
        life.guest_starts("windows");
        EXPECT_EQ(settled(), "3-1 windows [3-1]") << step;
    }
}

TEST_F(FollowerTrouble, WhatTwoGuestsWereKilledOverMayBeWhyAndIsTheHosts)
{
    for (const auto* step :
         {"add-fd", "device_add", "remove-fd"}) { // all others are asked at the first look as well
        hang_at(step);
        life.guest_is_killed("windows");
        life.settle();
        life.guest_starts("windows");
        life.qemu("windows").hangs_at = step;
        life.settle_now();
        life.guest_is_killed("windows");
        EXPECT_EQ(settled(), "3-1 host") << step;
        life.guest_starts("windows");
        EXPECT_EQ(settled(), "3-1 host") << step;
    }
}

TEST_F(FollowerTrouble, AGuestThatIsBackBeforeItCountsAsGoneGetsItsDevices)
{
    for (const auto wait : {0ms, 100ms, 400ms, 700ms}) {
        life.plug("3-1");
        ASSERT_EQ(settled(), "3-1 windows [3-1]");
        life.guest_is_killed("windows");
        life.settle(wait);
        life.guest_starts("windows");
        EXPECT_EQ(settled(), "3-1 windows [3-1]") << wait.count();
    }
}

TEST_F(FollowerTrouble, WhatAKilledGuestHadComesHomeWhereTheSocketIsTheHostsByThen)
{
    life.plug("3-1");
    ASSERT_EQ(settled(), "3-1 windows [3-1]");
    life.guest_is_killed("windows");
    life.settle_now();
    life.move("left", "host");
    EXPECT_EQ(settled(), "3-1 host") << life.heard;
}

TEST_F(FollowerTrouble, AGuestThatIsKilledOverAWayHomeHasLetGo)
{
    life.plug("3-1");
    ASSERT_EQ(settled(), "3-1 windows [3-1]");
    life.said.clear();
    life.qemu("windows").hangs_at = "device_del";
    life.move("left", "host");
    life.settle_now();
    ASSERT_TRUE(life.qemu("windows").hangs);
    life.guest_is_killed("windows");

    EXPECT_EQ(settled(), "3-1 host");
    EXPECT_TRUE(life.said.starts_with("ok")) << life.said;
}

TEST_F(FollowerTrouble, WhatIsNobodysAfterAGuestHadItGoesToTheNextOne)
{
    life.plug("3-1");
    ASSERT_EQ(settled(), "3-1 windows [3-1]");
    for (const auto* whom : {"none", "windows"}) {
        life.move("left", whom);
        life.settle();
    }
    EXPECT_EQ(life.shown(), "3-1 windows [3-1]");
}

TEST_F(FollowerTrouble, WhatTheDaemonIsKilledOverIsKnownToTheNextOne)
{
    for (const auto* step : steps_of_an_add) {
        hang_at(step);
        life.daemon_is_killed();
        life.qemu("windows").go_on();
        life.daemon_starts();
        EXPECT_EQ(settled(), "3-1 windows [3-1]") << step;
        EXPECT_EQ(life.qemu("windows").sets(), 0U) << step;
    }
}

TEST_F(FollowerTrouble, ADeviceThatComesBackAsAnotherAfterAResetIsTheSameGuests)
{
    life.plug("3-1", "483/5740/200");
    ASSERT_EQ(settled(), "3-1 windows [3-1]");
    for (const auto* ids : {"483/df11/2200", "483/5740/200"}) {
        life.unplug("3-1");
        life.plug("3-1", ids);
        EXPECT_EQ(settled(), "3-1 windows [3-1]") << ids;
    }
    EXPECT_TRUE(has_heard("given left windows 0483:df11"));
    EXPECT_EQ(life.qemu("windows").host_objects().size(), 1U);
}

TEST_F(FollowerTrouble, WhatIsBehindAHubIsGivenWheneverItCame)
{
    const std::string given = "3-1 host, 3-1.2 windows, 3-1.3 windows [3-1.1] [3-1.2] [3-1.3] [3-1.4]";
    life.nodes.plug_hub(life.at("3-1"), 4);
    life.plug("3-1.2"); // before the hub was woken
    life.settle();
    life.plug("3-1.3");
    EXPECT_EQ(settled(), given);

    life.daemon_is_killed();
    life.daemon_starts();
    EXPECT_EQ(settled(), given);
    life.guest_is_killed("windows");
    EXPECT_EQ(settled(), "3-1 host, 3-1.2 host, 3-1.3 host");
    life.guest_starts("windows");
    EXPECT_EQ(settled(), given);
    life.move("left", "host");
    EXPECT_EQ(settled(), "3-1 host, 3-1.2 host, 3-1.3 host");
    life.move("left", "windows");
    EXPECT_EQ(settled(), given);

    life.unplug("3-1");
    EXPECT_EQ(settled(), " [3-1]");
    EXPECT_TRUE(life.qemu("windows").host_objects().empty());
}

TEST_F(FollowerTrouble, WhatFailsTwiceStaysWithTheHostUntilItIsPluggedInAgain)
{
    life.fails_to_open = 2;
    life.plug("3-1");
    EXPECT_EQ(settled(120s), "3-1 host");
    EXPECT_EQ(asked("windows", "device_add"), 2);
    EXPECT_TRUE(has_heard("kept left 3-1 046d:c31c stays with the host until it is plugged in again: "))
        << life.heard;

    life.plug("3-1");
    EXPECT_EQ(settled(), "3-1 windows [3-1]");
}

TEST_F(FollowerTrouble, WhatIsLostAgainAndAgainIsNotGivenForEver)
{
    life.plug("3-1");
    life.settle();
    for (int sleeps = 0; sleeps < 10; ++sleeps) {
        life.sleep();
        life.settle();
    }
    EXPECT_EQ(life.shown(), "3-1 host");
    EXPECT_EQ(asked("windows", "device_add"), 5);
    EXPECT_TRUE(has_heard("it had to be given 5 times within a minute")) << life.heard;

    life.plug("3-1");
    EXPECT_EQ(settled(), "3-1 windows [3-1]");
}

TEST_F(FollowerTrouble, AQemuThatDoesNotAnswerKeepsNobodyElseWaitingForLong)
{
    life.guest_starts("linux");
    life.move("right", "linux");
    life.settle();
    life.qemu("linux").hangs = true;
    life.plug("3-2");
    life.settle(1s);
    life.plug("3-1");
    EXPECT_TRUE(settled(30s).starts_with("3-1 windows, ")) << life.shown();

    life.qemu("linux").go_on();
    EXPECT_EQ(settled(120s), "3-1 windows, 3-2 linux [3-1] [3-2]") << life.heard;
}

TEST_F(FollowerTrouble, AQemuThatTellsOfWhatWasNeverThereIsLookedAtNowAndThen)
{
    life.plug("3-1");
    ASSERT_EQ(settled(), "3-1 windows [3-1]");
    auto& qemu = life.qemu("windows");
    const auto before = qemu.seen.size();
    const auto one_look = std::ranges::count(qemu.seen, "query-status");
    for (int i = 0; i < 1000; ++i) {
        const auto* which = i % 2 == 0 ? "usbroute-3-1-2" : "usbroute-9-9-9";
        qemu.monitor.say_if_heard(format(R"({{"event": "DEVICE_DELETED", "data": {{"device": "{}"}}}})"
                                         "\r\n",
                                         which));
        life.settle(1ms);
    }
    EXPECT_EQ(settled(), "3-1 windows [3-1]");
    EXPECT_EQ(asked("windows", "device_add"), 1);
    EXPECT_LT(std::ranges::count(qemu.seen, "query-status") - one_look, 15) << qemu.seen.size() - before;
}

TEST_F(FollowerTrouble, FromOneGuestToAnotherItGoesWhenTheFirstHasSaidThatItIsGone)
{
    life.plug("3-1");
    life.guest_starts("linux");
    life.settle();
    life.qemu("windows").holds_back = true;
    life.said.clear();
    life.move("left", "linux");
    EXPECT_EQ(settled(2s), "3-1 windows [3-1]");
    EXPECT_EQ(life.said, "");
    EXPECT_EQ(asked("linux", "device_add"), 0);

    life.qemu("windows").let_go();
    EXPECT_EQ(settled(), "3-1 linux [3-1]");
    EXPECT_EQ(life.said, "ok linux=left\n");
}

} // namespace
} // namespace usbroute::daemon
