// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/log_budget.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace usbroute::daemon::log {
namespace {

using namespace std::chrono_literals;

/// The budget, and what came through it within the last minute.
struct Log {
    Budget budget;
    std::chrono::milliseconds now{1000};
    std::deque<std::pair<std::chrono::milliseconds, std::size_t>> written;
    std::size_t in_a_minute = 0;
    std::size_t most_in_a_minute = 0;

    Budget::Admission say(Kind kind, std::string_view source, std::size_t size)
    {
        auto verdict = budget.admit(kind, source, size, now);
        std::size_t bytes = 0;
        if (verdict.is_written) bytes += std::min(size, Budget::longest_message) + Budget::beside_the_text;
        if (!verdict.notice.empty()) bytes += verdict.notice.size() + Budget::beside_the_text;
        written.emplace_back(now, bytes);
        in_a_minute += bytes;
        while (written.front().first + 60s <= now) {
            in_a_minute -= written.front().second;
            written.pop_front();
        }
        most_in_a_minute = std::max(most_in_a_minute, in_a_minute);
        return verdict;
    }
};

constexpr std::size_t a_megabyte = 1'000'000;

TEST(LogBudget, HoldsAMegabyteInAnyMinuteWhateverFloodComes)
{
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{200}, std::size_t{4000}, std::size_t{100'000}}) {
        Log log;
        for (int i = 0; i < 300'000; ++i) {
            log.now += 1ms;
            const auto source = "guest " + std::to_string(i % 1000);
            log.say(static_cast<Kind>(i % 3), i % 2 == 0 ? source : std::string(), size);
        }
        EXPECT_LT(log.most_in_a_minute, a_megabyte) << size;
        EXPECT_GT(log.most_in_a_minute, a_megabyte / 10) << size;
    }
}

TEST(LogBudget, KeepsRoomForChangesAndErrorsWhateverNoiseThereIs)
{
    Log log;
    for (int i = 0; i < 100'000; ++i) log.say(Kind::other, "listener netcat", 200);
    for (int i = 0; i < 100'000; ++i) log.say(Kind::error, {}, 200);

    EXPECT_TRUE(log.say(Kind::change, {}, 200).is_written);

    for (int i = 0; i < 100'000; ++i) log.say(Kind::change, {}, 200);
    log.now += 60s;
    EXPECT_TRUE(log.say(Kind::error, {}, 200).is_written);
}

TEST(LogBudget, KeepsRoomForOtherSourcesWhenOneIsNoisy)
{
    Log log;
    for (int i = 0; i < 100'000; ++i) log.say(Kind::other, "guest windows", 200);

    EXPECT_TRUE(log.say(Kind::other, "guest linux", 200).is_written);
    EXPECT_TRUE(log.say(Kind::other, {}, 200).is_written);
}

TEST(LogBudget, SaysOnceThatMessagesAreLeftOutAndHowManyTheyWere)
{
    Log log;
    int notices = 0;
    int left_out = 0;
    for (int i = 0; i < 10'000; ++i) {
        const auto verdict = log.say(Kind::other, "guest windows", 200);
        if (!verdict.is_written) ++left_out;
        if (verdict.notice.empty()) continue;
        ++notices;
        EXPECT_EQ(verdict.notice, "too many messages about guest windows: they are left out for a while");
    }
    EXPECT_EQ(notices, 1);

    log.now += 60s;
    const auto verdict = log.say(Kind::other, "guest windows", 200);

    EXPECT_TRUE(verdict.is_written);
    EXPECT_EQ(verdict.notice, std::to_string(left_out) + " messages about guest windows were left out");
    EXPECT_TRUE(log.say(Kind::other, "guest windows", 200).notice.empty());
}

TEST(LogBudget, LetsWhatPeopleDoThrough)
{
    Log log;
    for (int i = 0; i < 600; ++i) {
        log.now += 500ms;
        EXPECT_TRUE(log.say(Kind::change, {}, 200).is_written);
        EXPECT_TRUE(log.say(Kind::other, "listener control", 150).is_written);
    }
}

TEST(LogBudget, IsNotConfusedByAClockThatStandsStillOrJumps)
{
    Log log;
    log.now = 0ms;
    EXPECT_TRUE(log.say(Kind::other, {}, 100).is_written);
    log.now = std::chrono::hours(24 * 365 * 100);
    EXPECT_TRUE(log.say(Kind::other, {}, 100).is_written);
    log.now = 5ms;
    EXPECT_TRUE(log.say(Kind::other, {}, 100).is_written);
}

} // namespace
} // namespace usbroute::daemon::log
