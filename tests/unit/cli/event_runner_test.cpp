// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/event_runner.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace usbroute::cli {
namespace {

using namespace std::chrono_literals;

const wire::Event moved{.kind = wire::EventKind::moved,
                        .connector = {},
                        .word = {},
                        .text = {},
                        .profile = "desk",
                        .owners = {{"windows", {"front", "rear"}}, {"host", {"keys"}}}};

TEST(EventRunner, TellsTheCommandTheWholeLineAndItsParts)
{
    EXPECT_EQ(variables_for(moved), (std::vector<std::string>{
                                        "USBROUTE_EVENT=moved desk windows=front,rear host=keys",
                                        "USBROUTE_EVENT_KIND=moved",
                                        "USBROUTE_EVENT_CONNECTOR=",
                                        "USBROUTE_EVENT_WORD=",
                                        "USBROUTE_EVENT_TEXT=",
                                        "USBROUTE_EVENT_PROFILE=desk",
                                        "USBROUTE_EVENT_OWNERS=windows=front,rear host=keys",
                                        "USBROUTE_EVENT_STATE=",
                                        "USBROUTE_EVENT_ANSWERS=",
                                        "USBROUTE_EVENT_SECONDS=",
                                        "USBROUTE_EVENT_OWNER=",
                                    }));
}

TEST(EventRunner, TellsTheCommandWhatAQuestionOffersAndForHowLong)
{
    const wire::Event asked{
        .kind = wire::EventKind::question,
        .connector = "rear-1",
        .word = "3-3",
        .text = "Ultra Fit",
        .asks = wire::QuestionNews{.answers = {"windows", "host"}, .seconds = 60, .owner = {}}};

    const auto variables = variables_for(asked);

    for (const auto* variable :
         {"USBROUTE_EVENT_KIND=question", "USBROUTE_EVENT_WORD=3-3", "USBROUTE_EVENT_TEXT=Ultra Fit",
          "USBROUTE_EVENT_STATE=asked", "USBROUTE_EVENT_ANSWERS=windows host", "USBROUTE_EVENT_SECONDS=60",
          "USBROUTE_EVENT=question rear-1 3-3 asked windows,host 60s Ultra Fit"})
        EXPECT_NE(std::ranges::find(variables, variable), variables.end()) << variable;
}

TEST(EventRunner, KeepsControlCharactersOfADeviceOutOfTheEnvironment)
{
    const wire::Event arrived{.kind = wire::EventKind::arrived,
                              .connector = "front",
                              .word = "3-3",
                              .text = "\x1b[2J\nEvil",
                              .profile = {},
                              .owners = {}};

    for (const auto& variable : variables_for(arrived))
        EXPECT_EQ(variable.find_first_of("\x1b\n"), std::string::npos) << variable;
}

TEST(EventRunner, HoldsABoundedNumberOfEvents)
{
    EventRunner runner("sleep 0.2");
    const EventRunner::Clock::time_point now{1h};

    EXPECT_TRUE(runner.add(moved, now)); // runs
    for (int i = 0; i < 64; ++i) EXPECT_TRUE(runner.add(moved, now)) << i;

    EXPECT_FALSE(runner.add(moved, now));
}

TEST(EventRunner, LeavesACommandThatStaysAndGoesOn)
{
    EventRunner runner("sleep 0.2");
    const EventRunner::Clock::time_point now{1h};
    ASSERT_TRUE(runner.add(moved, now));
    EXPECT_EQ(runner.deadline(), std::nullopt);
    ASSERT_TRUE(runner.add(moved, now));

    EXPECT_EQ(runner.deadline(), now + 10s);
    runner.look_after(now + 10s);

    EXPECT_EQ(runner.deadline(), std::nullopt);
}

} // namespace
} // namespace usbroute::cli
