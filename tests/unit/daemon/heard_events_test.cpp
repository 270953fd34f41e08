// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// The numbers of the kernel's events: where each was heard, its lists need not be compared.

#include "daemon/heard_events.hpp"
#include "fakes/lookout_room.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using Numbers = std::vector<std::uint64_t>;

TEST(HeardEvents, AreUnbrokenUpToTheFirstThatWasNotHeard)
{
    HeardEvents heard;
    heard.add(Numbers{13, 11, 12, 15});

    EXPECT_EQ(heard.unbroken_after(10), 13u);
    EXPECT_EQ(heard.unbroken_after(9), 9u);
    EXPECT_EQ(heard.unbroken_after(12), 13u);
    EXPECT_EQ(heard.unbroken_after(14), 15u);
    EXPECT_EQ(heard.unbroken_after(15), 15u);
    EXPECT_EQ(heard.unbroken_after(UINT64_MAX), UINT64_MAX);
}

TEST(HeardEvents, ThatAreKnownAreForgotten)
{
    HeardEvents heard;
    heard.add(Numbers{11, 12, 13});
    heard.forget_up_to(12);

    EXPECT_EQ(heard.unbroken_after(10), 10u);
    EXPECT_EQ(heard.unbroken_after(12), 13u);
}

TEST(HeardEvents, DoNotGrowWithoutBound)
{
    Numbers many(5000);
    std::iota(many.begin(), many.end(), 1);
    HeardEvents heard;
    heard.add(many);

    EXPECT_EQ(heard.unbroken_after(0), 0u);
    heard.add(Numbers{5001});
    EXPECT_EQ(heard.unbroken_after(5000), 5001u);
}

class LookoutThatCounts : public fakes::LookoutRoom {
protected:
    LookoutThatCounts() { hints.sure = false; }
    /// The kernel counts it, and udev tells it.
    void event(std::vector<std::string> paths = {"sys/devices/usb3/3-1"})
    {
        hints.say({.everything = false,
                   .registers = false,
                   .paths = std::move(paths),
                   .numbers = {++*events.count}});
    }
    /// Of a subsystem that is not listened to.
    void event_nobody_hears() { ++*events.count; }
    void look()
    {
        loop.advance(50ms);
        ASSERT_EQ(loop.errands(), 1u);
        loop.run_errand();
    }
};

TEST_F(LookoutThatCounts, ComparesNothingWhereEachEventWasHeard)
{
    for (int i = 0; i < 3; ++i) {
        event();
        look();
        EXPECT_TRUE(lookout.is_fresh());
    }
    loop.advance(1h);

    EXPECT_EQ(scanner.compared, 0);
    EXPECT_EQ(looks, 3);
}

TEST_F(LookoutThatCounts, ServesWhoWaitsWithoutAComparisonWhereEachEventWasHeard)
{
    event();
    EXPECT_FALSE(lookout.is_fresh());
    lookout.wait(first);
    loop.work();
    loop.run_errand();

    EXPECT_EQ(told, "first taken\n");
    EXPECT_TRUE(lookout.is_fresh());
    EXPECT_EQ(scanner.compared, 0);
}

TEST_F(LookoutThatCounts, ComparesWhereAnEventBeforeTheHintWasNotHeard)
{
    event_nobody_hears();
    event();
    look();
    EXPECT_TRUE(lookout.is_fresh());
    EXPECT_EQ(scanner.compared, 1);

    event();
    look();
    EXPECT_TRUE(lookout.is_fresh());
    EXPECT_EQ(scanner.compared, 1) << "the comparison has shown what the gap was";
}

TEST_F(LookoutThatCounts, ComparesWhereSomethingHappenedDuringTheLook)
{
    event();
    loop.advance(50ms);
    event_nobody_hears();
    loop.run_errand();

    EXPECT_TRUE(lookout.is_fresh());
    EXPECT_EQ(scanner.compared, 1);
}

TEST_F(LookoutThatCounts, WhatIsHeardDuringALookIsShownByTheNext)
{
    event();
    loop.advance(50ms);
    event({"sys/devices/usb3/3-2"});
    EXPECT_FALSE(lookout.is_fresh());
    loop.run_errand();
    EXPECT_FALSE(lookout.is_fresh()) << "that look did not go there";
    look();

    EXPECT_TRUE(lookout.is_fresh());
    EXPECT_EQ(scanner.compared, 0);
}

TEST_F(LookoutThatCounts, AMessageOfUdevThatWasLostIsNoticed)
{
    event();
    look();
    tree.add("sys/class", fakes::dir("block", {fakes::link("sdb", "../../devices/usb3/3-2/block/sdb")}));
    event_nobody_hears();

    EXPECT_FALSE(lookout.is_fresh());
    EXPECT_EQ(scanner.compared, 1);
}

TEST_F(LookoutThatCounts, HintsWithoutNumbersAreComparedAsBefore)
{
    hints.say({.everything = false, .registers = false, .paths = {"sys/devices/usb3/3-1"}});
    event_nobody_hears();
    look();

    EXPECT_TRUE(lookout.is_fresh());
    EXPECT_EQ(scanner.compared, 1);
}

} // namespace
} // namespace usbroute::daemon
