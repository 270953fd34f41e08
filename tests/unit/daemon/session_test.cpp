// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/session.hpp"
#include "fakes/client_room.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

class SessionTest : public testing::Test, protected fakes::ClientRoom {};

constexpr auto the_answer = "ok -- did toggle\n";

TEST_F(SessionTest, AnswersAndWaitsForMoreWithoutATickOfTheClock)
{
    auto client = connect(control);
    client.say("toggle\n");
    loop.settle();
    EXPECT_EQ(client.hear(), the_answer);

    loop.advance(24h);
    client.say("toggle\n");
    loop.settle();

    EXPECT_EQ(client.hear(), the_answer);
    EXPECT_FALSE(client.is_closed());
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(SessionTest, NetcatThatSaidItsOneLineIsClosedAfterAMomentOfSilence)
{
    auto client = connect(netcat);
    client.say("toggle\n");
    loop.settle();
    EXPECT_EQ(client.hear(), the_answer);

    loop.advance(299ms);
    client.hear();
    EXPECT_FALSE(client.is_closed());
    loop.advance(1ms);
    client.hear();

    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(netcat.clients, 0u);
}

TEST_F(SessionTest, WhoGoesOnTalkingOverTcpIsNoNetcat)
{
    auto client = connect(netcat);
    client.say("toggle\n");
    loop.advance(299ms);
    client.say("status\n");

    loop.advance(24h);

    EXPECT_EQ(client.hear(), "ok -- did toggle\nok -- did status\n");
    EXPECT_FALSE(client.is_closed());
}

TEST_F(SessionTest, WhoSpeaksOnlyASecondAfterItConnectedOverTcpIsNoNetcat)
{
    auto client = connect(netcat);
    loop.advance(1000ms);
    client.say("toggle\n");

    loop.advance(24h);

    EXPECT_EQ(client.hear(), the_answer);
    EXPECT_FALSE(client.is_closed());
}

TEST_F(SessionTest, WhoHasBegunAnotherLineOverTcpIsNoNetcat)
{
    auto client = connect(netcat);
    client.say("toggle\nsta");
    loop.advance(290ms);
    client.say("tus");
    loop.advance(24h);
    client.say("\n");
    loop.settle();

    EXPECT_EQ(client.hear(), "ok -- did toggle\nok -- did status\n");
}

TEST_F(SessionTest, ACommandThatFindsTheLockHeldIsTriedEveryTwentyMillisecondsUntilItIsFree)
{
    desk.is_locked = true;
    auto client = connect(control);
    client.say("toggle\nstatus\n");
    loop.advance(100ms);
    EXPECT_EQ(desk.asked.size(), 6u);
    EXPECT_EQ(client.hear(), "");

    desk.is_locked = false;
    loop.advance(20ms);

    EXPECT_EQ(client.hear(), "ok -- did toggle\nok -- did status\n");
    EXPECT_EQ(desk.asked.size(), 8u);
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(SessionTest, WhoWaitsTwoSecondsForTheLockIsToldWhoHoldsIt)
{
    desk.is_locked = true;
    auto client = connect(control);
    client.say("toggle\n");

    loop.advance(1999ms);
    EXPECT_EQ(client.hear(), "");
    loop.advance(1ms);

    EXPECT_EQ(client.hear(), "error busy process 7 holds the lock\n");
}

TEST_F(SessionTest, WhoSendsManyLinesAtOnceLetsOthersHaveTheirTurn)
{
    std::string many;
    for (int i = 0; i < 40; ++i) many += "toggle\n";
    auto busy = connect(control);
    auto other = connect(control);
    busy.say(many);
    other.say("status\n");

    loop.turn();

    EXPECT_EQ(other.hear(), "ok -- did status\n");
    EXPECT_EQ(desk.asked.size(), 17u);
    loop.settle();
    EXPECT_EQ(std::ranges::count(busy.hear(), '\n'), 40);
}

TEST_F(SessionTest, AClientThatDoesNotReadIsNotReadEitherAndGetsEverythingLater)
{
    desk.message = std::string(1000, 'x');
    auto client = connect(control);
    const std::string line = "toggle\n";
    std::string rest;
    std::size_t said = 0;
    for (int i = 0; i < 20'000; ++i) {
        if (rest.empty()) rest = line;
        const auto sent = client.say(rest);
        if (sent == 0) break;
        rest.erase(0, sent);
        if (rest.empty()) ++said;
        loop.settle();
    }
    const auto asked = desk.asked.size();
    ASSERT_LT(asked, said);
    loop.advance(24h);
    EXPECT_EQ(desk.asked.size(), asked);

    std::size_t heard = 0;
    for (auto text = client.hear(); !text.empty(); text = client.hear()) {
        heard += static_cast<std::size_t>(std::ranges::count(text, '\n'));
        loop.settle();
    }
    EXPECT_EQ(heard, said);
    EXPECT_EQ(desk.asked.size(), said);
}

TEST_F(SessionTest, MoreThanAClientMayLeaveUnreadClosesIt)
{
    desk.document = "{\"long\":\"" + std::string(2 * Session::most_output, 'x') + "\"}";
    auto client = connect(control);
    client.say("{\"do\":\"status\"}\n");
    loop.settle();
    ASSERT_EQ(control.clients, 0u);

    const auto heard = client.hear();

    EXPECT_LT(heard.size(), desk.document.size());
    EXPECT_TRUE(client.is_closed());
}

TEST_F(SessionTest, ASubscriberThatIsTooSlowMissesEventsAndIsTold)
{
    auto client = connect(control);
    client.say("subscribe\n");
    loop.settle();
    EXPECT_EQ(client.hear(), "ok -- did subscribe\n");
    const wire::Event event{.kind = wire::EventKind::guest, .word = "windows", .text = std::string(500, 'x')};
    const auto text = wire::to_line(event, wire::Form::text) + "\n";
    for (int i = 0; i < 4000; ++i) clients.tell(event);
    loop.settle();

    std::string heard;
    for (auto more = client.hear(); !more.empty(); more = client.hear()) {
        heard += more;
        loop.settle();
    }
    ASSERT_FALSE(client.is_closed());
    EXPECT_EQ(heard.size() % text.size(), 0u);
    EXPECT_LT(heard.size(), 4000 * text.size());
    clients.tell(event);

    EXPECT_EQ(client.hear(), "event lost\n" + text);
}

TEST_F(SessionTest, AWebPageOverTcpIsClosedAtItsFirstLineAndLearnsNothing)
{
    auto client = connect(netcat);
    client.say("POST / HTTP/1.1\r\nHost: localhost\r\n\r\ntoggle\n");

    loop.settle();

    EXPECT_EQ(client.hear(), "");
    EXPECT_TRUE(client.is_closed());
    EXPECT_TRUE(desk.asked.empty());
    EXPECT_EQ(netcat.clients, 0u);
}

TEST_F(SessionTest, WhatIsNoCommandOverTcpIsAnsweredAndThenClosed)
{
    auto client = connect(netcat);
    client.say("hello\ntoggle\n");

    loop.settle();

    EXPECT_EQ(client.hear().find("error not-a-command "), 0u);
    EXPECT_TRUE(client.is_closed());
    EXPECT_TRUE(desk.asked.empty());
}

TEST_F(SessionTest, WhatWasAnsweredIsToldOfAfterTheAnswerIsOut)
{
    auto client = connect(control);
    std::string had_heard;
    desk.after = [&] { had_heard += client.hear(); };
    client.say("toggle\n");

    loop.settle();

    EXPECT_EQ(had_heard, the_answer);
}

TEST_F(SessionTest, AnEndOfInputIsAnsweredBeforeItIsClosed)
{
    auto client = connect(control);
    client.say("toggle\nstatus\n");
    client.end_input();

    loop.settle();

    EXPECT_EQ(client.hear(), "ok -- did toggle\nok -- did status\n");
    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(control.clients, 0u);
}

TEST_F(SessionTest, ALineWithoutItsEndIsNotCarriedOutAtTheEndOfInput)
{
    auto client = connect(control);
    client.say("toggle");
    client.end_input();

    loop.settle();

    EXPECT_EQ(client.hear(),
              "error usage the line has no end: send LF, CR or CRLF after it; nothing was done\n");
    EXPECT_TRUE(client.is_closed());
    EXPECT_TRUE(desk.asked.empty());
}

TEST_F(SessionTest, ASubscriberThatEndsItsInputIsClosed)
{
    auto client = connect(control);
    client.say("subscribe\n");
    client.end_input();

    loop.settle();

    EXPECT_EQ(client.hear(), "ok -- did subscribe\n");
    EXPECT_TRUE(client.is_closed());
}

/// Its end leaves an error behind, as what it was told is unread.
TEST_F(SessionTest, AClientThatGoesInTheMiddleOfALineWithEventsUnreadIsNoticed)
{
    auto client = connect(control);
    client.say("subscribe\n");
    loop.settle();
    clients.tell({.kind = wire::EventKind::guest, .word = "windows", .text = "has come"});
    client.say("tog");
    client.hang_up();

    loop.settle();

    EXPECT_EQ(control.clients, 0u);
}

TEST_F(SessionTest, ACommandThatNeedsALookIsAnsweredAfterIt)
{
    desk.fresh = false;
    auto client = connect(control);
    client.say("toggle\n");
    loop.advance(1s);
    EXPECT_EQ(client.hear(), "");
    ASSERT_EQ(loop.errands(), 1u);

    loop.run_errand();

    EXPECT_EQ(client.hear(), the_answer);
}

TEST_F(SessionTest, ACommandWhoseLookTakesTooLongIsToldThatNothingWasTouched)
{
    desk.fresh = false;
    auto client = connect(control);
    client.say("toggle\n");

    loop.advance(5s);

    EXPECT_EQ(client.hear().find("failed timed-out the kernel does not say which devices there are"), 0u);
    EXPECT_TRUE(desk.asked.empty());
    EXPECT_FALSE(client.is_closed());
}

TEST_F(SessionTest, AClientThatGoesWhileItsCommandWaitsForALookIsLetGoAfterIt)
{
    desk.fresh = false;
    auto client = connect(control);
    client.say("toggle\n");
    loop.settle();
    client.hang_up();
    loop.advance(1s);

    loop.run_errand();

    EXPECT_EQ(control.clients, 0u);
}

TEST_F(SessionTest, ASessionThatIsClosedWhileItWaitsForALookIsNotToldOfIt)
{
    desk.fresh = false;
    auto client = connect(control);
    client.say("toggle\n");
    loop.settle();
    clients.close_all(control);

    loop.run_errand();

    EXPECT_TRUE(desk.asked.empty());
    client.hear();
    EXPECT_TRUE(client.is_closed());
}

TEST_F(SessionTest, WhoseChangeTakesTimeIsAnsweredWhenItIsDone)
{
    desk.is_slow = true;
    auto client = connect(control);
    client.say("toggle\ntoggle\n");
    loop.settle();
    loop.advance(1h);
    EXPECT_EQ(client.hear(), "");
    EXPECT_FALSE(client.is_closed());
    EXPECT_EQ(desk.asked.size(), 1u);

    for (std::size_t i = 0; i < 2; ++i) {
        desk.under_way.at(i)();
        loop.settle();
        EXPECT_EQ(client.hear(), the_answer);
    }

    desk.is_slow = false;
    client.say("toggle\n");
    loop.settle();
    EXPECT_EQ(client.hear(), the_answer);
}

TEST_F(SessionTest, WhoLeavesWhileItsChangeIsUnderWayIsForgottenAtItsEnd)
{
    desk.is_slow = true;
    {
        auto client = connect(control);
        client.say("toggle\n");
        loop.settle();
    }
    loop.settle();

    desk.under_way.at(0)();
    loop.settle();

    EXPECT_EQ(control.clients, 0u);
}

TEST_F(SessionTest, NetcatThatWaitsForItsChangeIsNotClosed)
{
    desk.is_slow = true;
    auto client = connect(netcat);
    client.say("toggle\n");
    loop.settle();
    loop.advance(10s);
    client.hear();
    EXPECT_FALSE(client.is_closed());

    desk.under_way.at(0)();
    loop.settle();
    EXPECT_EQ(client.hear(), the_answer);
}

} // namespace
} // namespace usbroute::daemon
