// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/uv_loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>

namespace usbroute::linux_ {
namespace {

using namespace std::chrono_literals;

TEST(Loop, AnErrandRunsOnTheWorkerAndItsEndOnTheLoop)
{
    UvLoop loop;
    std::thread::id worked_on;
    std::thread::id ended_on;
    int sum = 0; // written by the worker, read by the loop: nothing else orders the two
    loop.errand(
        [&] {
            worked_on = std::this_thread::get_id();
            for (int i = 1; i <= 1000; ++i) sum += i;
        },
        [&] {
            ended_on = std::this_thread::get_id();
            sum *= 2;
            loop.stop();
        });

    loop.run();

    EXPECT_EQ(sum, 1'001'000);
    EXPECT_EQ(ended_on, std::this_thread::get_id());
    EXPECT_NE(worked_on, ended_on);
}

TEST(Loop, ErrandsRunOneAfterTheOtherInTheirOrder)
{
    UvLoop loop;
    std::string worked;
    std::string ended;
    for (const char name : {'a', 'b', 'c', 'd'})
        loop.errand([&worked, name] { worked += name; },
                    [&ended, &loop, name] {
                        ended += name;
                        if (ended.size() == 4) loop.stop();
                    });

    loop.run();

    EXPECT_EQ(worked, "abcd");
    EXPECT_EQ(ended, "abcd");
}

TEST(Loop, WaitsForAnErrandThatIsUnderWayWhenItEndsAndLeavesItsEndOut)
{
    std::atomic<bool> has_begun = false;
    std::atomic<bool> has_worked = false;
    bool has_ended = false;
    {
        UvLoop loop;
        loop.errand(
            [&] {
                has_begun = true;
                std::this_thread::sleep_for(50ms);
                has_worked = true;
            },
            [&] { has_ended = true; });
        while (!has_begun) std::this_thread::yield();
    }
    EXPECT_TRUE(has_worked);
    EXPECT_FALSE(has_ended);
}

} // namespace
} // namespace usbroute::linux_
