// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "assign/farewell.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace usbroute::assign {
namespace {

using Event = FarewellEvent;

constexpr std::array all_events{Event::asked, Event::no, Event::quiet, Event::deleted, Event::ended};
constexpr std::array all_farewells{Farewell::none,    Farewell::asked,  Farewell::silent,
                                   Farewell::refused, Farewell::let_go, Farewell::gone};

Farewell after_all(const std::vector<Event>& events)
{
    auto farewell = Farewell::none;
    for (const auto event : events) farewell = after(farewell, event);
    return farewell;
}

/// Every sequence of up to `longest` events.
template <class Check> void each_sequence(std::size_t longest, const Check& check)
{
    std::vector<std::vector<Event>> sequences{{}};
    for (std::size_t begin = 0; begin < sequences.size(); ++begin) {
        const auto sequence = sequences[begin];
        check(sequence);
        if (sequence.size() == longest) continue;
        for (const auto event : all_events) {
            sequences.push_back(sequence);
            sequences.back().push_back(event);
        }
    }
}

bool has(const std::vector<Event>& sequence, Event event)
{
    return std::ranges::find(sequence, event) != sequence.end();
}

TEST(Farewell, IsOverWhenTheObjectIsDeletedOrTheMachineHasEndedAndNeverBefore)
{
    each_sequence(6, [](const auto& sequence) {
        EXPECT_EQ(is_over(after_all(sequence)), has(sequence, Event::deleted) || has(sequence, Event::ended));
    });
}

TEST(Farewell, NeverEndsWhereNothingButTimePasses)
{
    EXPECT_EQ(after_all({Event::asked, Event::quiet, Event::quiet, Event::quiet}), Farewell::silent);
    EXPECT_EQ(after_all({Event::quiet}), Farewell::none);
}

TEST(Farewell, OfOneThatWasSilentOrSaidNoComesWhenItIsAskedAgainOrLetsGoByItself)
{
    EXPECT_EQ(after_all({Event::asked, Event::quiet, Event::asked}), Farewell::asked);
    EXPECT_EQ(after_all({Event::asked, Event::quiet, Event::deleted}), Farewell::let_go);
    EXPECT_EQ(after_all({Event::asked, Event::no}), Farewell::refused);
    EXPECT_EQ(after_all({Event::asked, Event::no, Event::asked, Event::deleted}), Farewell::let_go);
    EXPECT_EQ(after_all({Event::asked, Event::no, Event::ended}), Farewell::gone);
}

TEST(Farewell, StaysWhatItWasWhenItIsOver)
{
    for (const auto over : {Farewell::let_go, Farewell::gone})
        for (const auto event : all_events) EXPECT_EQ(after(over, event), over);
}

TEST(Farewell, IsAwaitedOnlyOfWhoWasAskedAndHasNotAnswered)
{
    for (const auto farewell : all_farewells)
        EXPECT_EQ(is_awaited(farewell), farewell == Farewell::asked || farewell == Farewell::silent);
}

TEST(Farewell, IsReadFromItsWordAndFromNoOther)
{
    for (const auto farewell : all_farewells) EXPECT_EQ(farewell_from(text_of(farewell)), farewell);
    EXPECT_FALSE(farewell_from("let go"));
    EXPECT_FALSE(farewell_from(""));
}

} // namespace
} // namespace usbroute::assign
