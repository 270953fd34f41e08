// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/dialogue.hpp"
#include "fakes/scripted_desk.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace usbroute::daemon {
namespace {

using fakes::ScriptedDesk;

struct Talk {
    Entrance entrance;
    ScriptedDesk desk;
    Dialogue dialogue{entrance, desk, "somebody", uid_t{0}};

    /// What comes back for these bytes, in this turn.
    std::string say(std::string_view bytes)
    {
        turn = dialogue.take(bytes, now);
        return std::exchange(dialogue.output(), {});
    }
    Turn turn = Turn::idle;
    std::chrono::milliseconds now{1000};
};

Talk on_a_socket() { return {.entrance = {.settings = {.name = ListenerName("control")}}}; }
Talk on_tcp()
{
    return {.entrance = {.settings = {.name = ListenerName("netcat"), .address = config::TcpAddress{}}}};
}
Talk on_a_guest_line()
{
    return {.entrance = {.settings = {.name = ListenerName("windows"), .guest = GuestName("windows")}}};
}

TEST(Dialogue, AnswersEachLineWithOneLine)
{
    auto talk = on_a_socket();

    EXPECT_EQ(
        talk.say("toggle\r\nstatus\n\n"),
        "ok -- did toggle\nok -- did status\nerror usage the line is empty; say toggle, status, move ...\n");
    EXPECT_EQ(talk.turn, Turn::idle);
}

TEST(Dialogue, HasHeardSomethingOnlyWhenAWholeCommandCame)
{
    const auto check = [](Talk talk) {
        talk.say("s");
        talk.say("\n\r\nwhat?\n{}\nSTATUS\n");
        talk.say("sta");
        EXPECT_FALSE(talk.dialogue.last_command());

        talk.say("tus\n");
        EXPECT_EQ(talk.dialogue.last_command(), talk.now);
        talk.now += std::chrono::milliseconds(4000);
        talk.say("t");
        EXPECT_EQ(talk.dialogue.last_command(), std::chrono::milliseconds(1000));
    };
    check(on_a_socket());
    check(on_a_guest_line());
}

TEST(Dialogue, AnswersALineWithAByteOrderMarkAndOneInCapitals)
{
    const auto check = [](Talk talk) {
        EXPECT_EQ(talk.say("\xef\xbb\xbftoggle\r\n"), "ok -- did toggle\n");
        EXPECT_EQ(
            talk.say("TOGGLE\n"),
            "error usage TOGGLE is not a command: verbs are written in lower case, toggle; nothing was done\n");
        EXPECT_EQ(talk.desk.asked.size(), 1u);
    };
    check(on_a_socket());
    check(on_a_guest_line());
    auto talk = on_a_guest_line();
    EXPECT_EQ(talk.say("Apply changes to the system now\nMOVE it\nStatus of nothing\n"), "");
}

TEST(Dialogue, AnswersALineWithoutAnEndAndDoesNotCarryItOut)
{
    constexpr auto no_end =
        "error usage the line has no end: send LF, CR or CRLF after it; nothing was done\n";
    auto talk = on_a_socket();
    EXPECT_EQ(talk.say("toggle"), "");
    EXPECT_EQ(talk.dialogue.finish(talk.now), Turn::idle);
    EXPECT_EQ(talk.dialogue.output(), no_end);
    EXPECT_TRUE(talk.desk.asked.empty());

    auto done = on_a_socket();
    EXPECT_EQ(done.say("toggle\n"), "ok -- did toggle\n");
    EXPECT_EQ(done.dialogue.finish(done.now), Turn::idle);
    EXPECT_EQ(done.dialogue.output(), "");

    auto line = on_a_guest_line();
    EXPECT_EQ(line.say("toggle"), "");
    line.now += std::chrono::minutes(5);
    EXPECT_EQ(line.say("boot message\n"), no_end);
    EXPECT_TRUE(line.desk.asked.empty());
}

TEST(Dialogue, AnswersTheSameWhereverTheBytesAreCut)
{
    const std::string bytes = "toggle\nfrob\n{\"do\":\"toggle\"}\r\nmove a to host\n";
    auto whole = on_a_socket();
    const auto expected = whole.say(bytes);

    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        auto talk = on_a_socket();
        auto answers = talk.say(bytes.substr(0, cut));
        answers += talk.say(bytes.substr(cut));
        ASSERT_EQ(answers, expected) << cut;
    }
    auto talk = on_a_socket();
    std::string answers;
    for (const char byte : bytes) answers += talk.say({&byte, 1});
    EXPECT_EQ(answers, expected);
}

TEST(Dialogue, AnswersInTheFormOfTheQuestion)
{
    auto talk = on_a_socket();

    EXPECT_EQ(talk.say("{\"do\":\"status\"}\n"),
              "{\"message\":\"did {\\\"do\\\":\\\"status\\\"}\",\"ok\":true}\n");
    EXPECT_EQ(
        talk.say("{\"do\":\"frob\"}\n"),
        "{\"code\":\"not-a-command\",\"message\":\"frob is not a command\",\"ok\":false,\"status\":\"error\"}\n");
}

TEST(Dialogue, GivesOthersATurnAfterSixteenLines)
{
    auto talk = on_a_socket();
    std::string many;
    for (int i = 0; i < 40; ++i) many += "toggle\n";

    static_cast<void>(talk.say(many));
    EXPECT_EQ(talk.turn, Turn::more);
    EXPECT_EQ(talk.desk.asked.size(), 16u);

    EXPECT_EQ(talk.dialogue.go_on(talk.now), Turn::more);
    EXPECT_EQ(talk.dialogue.go_on(talk.now), Turn::idle);
    EXPECT_EQ(talk.desk.asked.size(), 40u);
}

TEST(Dialogue, WaitsWithEverythingForAFreshLook)
{
    auto talk = on_a_socket();
    talk.desk.fresh = false;

    EXPECT_EQ(talk.say("toggle\nstatus\n"), "");
    EXPECT_EQ(talk.turn, Turn::waiting);
    EXPECT_TRUE(talk.desk.asked.empty());

    talk.desk.fresh = true;
    EXPECT_EQ(talk.dialogue.answer_now(talk.now), Turn::idle);
    EXPECT_EQ(talk.dialogue.output(), "ok -- did toggle\nok -- did status\n");
}

TEST(Dialogue, WaitsForTheKernelsWordOfDisksAfterTheLook)
{
    auto talk = on_a_socket();
    talk.desk.fresh = false;
    talk.desk.told = false;

    EXPECT_EQ(talk.say("toggle\nstatus\n"), "");
    EXPECT_EQ(talk.turn, Turn::waiting);
    EXPECT_EQ(talk.dialogue.answer_now(talk.now), Turn::asking);
    // Meanwhile something was plugged in: that comes first, and the kernel has answered already.
    talk.desk.told = true;
    EXPECT_EQ(talk.dialogue.answer_now(talk.now), Turn::waiting);
    EXPECT_TRUE(talk.desk.asked.empty());
    talk.desk.fresh = true;
    EXPECT_EQ(talk.dialogue.answer_now(talk.now), Turn::idle);

    EXPECT_EQ(talk.dialogue.output(), "ok -- did toggle\nok -- did status\n");
}

TEST(Dialogue, AnswersInTheEndOnAMachineThatNeverComesToRest)
{
    auto talk = on_a_socket();
    talk.desk.fresh = false;
    talk.desk.told = false;
    ASSERT_EQ(talk.say("toggle\n"), "");

    int waits = 1;
    while (talk.dialogue.answer_now(talk.now) != Turn::idle) ASSERT_LT(++waits, 10);

    EXPECT_EQ(talk.dialogue.output(), "ok -- did toggle\n");
}

TEST(Dialogue, SaysSoWhenNoLookCanBeHad)
{
    auto talk = on_a_socket();
    talk.desk.fresh = false;
    static_cast<void>(talk.say("toggle\n"));

    EXPECT_EQ(talk.dialogue.answer_that_nothing_can_be_seen(talk.now), Turn::idle);

    EXPECT_TRUE(talk.dialogue.output().starts_with("failed timed-out "));
    EXPECT_TRUE(talk.desk.asked.empty());
}

TEST(Dialogue, AsksForPermissionFirst)
{
    auto talk = on_a_socket();

    EXPECT_EQ(talk.say("undo\n"), "error not-permitted no undo here\n");
    EXPECT_TRUE(talk.desk.asked.empty());
}

TEST(Dialogue, GoesOnAfterNonsenseOnASocket)
{
    auto talk = on_a_socket();

    EXPECT_EQ(talk.say("frob\ntoggle\n"), "error not-a-command frob is not a command\nok -- did toggle\n");
    EXPECT_EQ(talk.say(std::string(5000, 'x') + "\ntoggle\n"),
              "error not-a-command the line is too long\nok -- did toggle\n");
    EXPECT_EQ(talk.say(std::string("\0\xff\n", 3)), "error not-a-command \\x00\\xff is not a command\n");
}

TEST(Dialogue, EndsAtTheFirstForeignLineOnTcp)
{
    auto talk = on_tcp();

    EXPECT_EQ(talk.say("frob\ntoggle\n"), "error not-a-command frob is not a command\n");
    EXPECT_EQ(talk.turn, Turn::over);
    EXPECT_TRUE(talk.desk.asked.empty());
}

TEST(Dialogue, DoesNotAnswerHttpAndSaysSoToTheAdministrator)
{
    auto talk = on_tcp();

    EXPECT_EQ(talk.say("POST / HTTP/1.1\r\nHost: localhost\r\n\r\ntoggle\n"), "");
    EXPECT_EQ(talk.turn, Turn::over);
    EXPECT_TRUE(talk.desk.asked.empty());
    EXPECT_EQ(talk.desk.complaints,
              (std::vector<std::string>{"a client sent what looks like HTTP: a web page?"}));
}

TEST(Dialogue, KeepsATcpClientThatOnlyMadeAMistake)
{
    auto talk = on_tcp();

    EXPECT_TRUE(talk.say("move a\n").starts_with("error usage "));
    EXPECT_EQ(talk.turn, Turn::idle);
}

TEST(Dialogue, IsSilentToNoiseOnAGuestLineAndCountsIt)
{
    auto talk = on_a_guest_line();

    EXPECT_EQ(talk.say("[    0.000000] Linux version 6.1\r\ndebian login: \r\n"), "");
    EXPECT_EQ(talk.say(std::string(9000, 'x') + "\n" + std::string(200'000, '[') + "\n{\"a\":1}\n"), "");
    EXPECT_EQ(talk.entrance.counts.noise, 5u);
    EXPECT_EQ(talk.say("toggle\n"), "ok -- did toggle\n");
}

TEST(Dialogue, DoesNotAnswerItsOwnEcho)
{
    auto talk = on_a_guest_line();
    auto echoed = talk.say("toggle\nmove a\n{\"do\":\"frob\"}\n");

    EXPECT_EQ(talk.say(echoed), "");
}

TEST(Dialogue, RemembersHowAClientSubscribed)
{
    auto talk = on_a_socket();
    EXPECT_EQ(talk.dialogue.subscription(), std::nullopt);

    talk.desk.fresh = false; // needs no look
    static_cast<void>(talk.say("subscribe\n"));
    EXPECT_EQ(talk.dialogue.subscription(), wire::Form::text);

    static_cast<void>(talk.say("{\"do\":\"subscribe\"}\n"));
    EXPECT_EQ(talk.dialogue.subscription(), wire::Form::json);
}

TEST(Dialogue, TellsNetcatFromAClientThatStays)
{
    auto socket = on_a_socket();
    static_cast<void>(socket.say("toggle\n"));
    EXPECT_FALSE(socket.dialogue.may_be_netcat());

    auto tcp = on_tcp();
    EXPECT_FALSE(tcp.dialogue.may_be_netcat());
    static_cast<void>(tcp.say("toggle\n"));
    EXPECT_TRUE(tcp.dialogue.may_be_netcat());
    static_cast<void>(tcp.say("{\"do\":\"toggle\"}\n"));
    EXPECT_FALSE(tcp.dialogue.may_be_netcat());
}

TEST(Dialogue, WaitsAMomentForTheLockAndAnswersWhenItIsFree)
{
    auto talk = on_a_socket();
    talk.desk.is_locked = true;

    EXPECT_EQ(talk.say("toggle\nstatus\n"), "");
    EXPECT_EQ(talk.turn, Turn::later);
    talk.now += std::chrono::milliseconds(100);
    EXPECT_EQ(talk.dialogue.go_on(talk.now), Turn::later);
    talk.desk.is_locked = false;
    EXPECT_EQ(talk.dialogue.go_on(talk.now), Turn::idle);

    EXPECT_EQ(talk.dialogue.output(), "ok -- did toggle\nok -- did status\n");
}

TEST(Dialogue, SaysWhoHoldsTheLockWhenItIsHeldForLong)
{
    auto talk = on_a_socket();
    talk.desk.is_locked = true;
    EXPECT_EQ(talk.say("toggle\n"), "");

    talk.now += Dialogue::longest_wait_for_the_lock;

    EXPECT_EQ(talk.dialogue.go_on(talk.now), Turn::idle);
    EXPECT_EQ(std::exchange(talk.dialogue.output(), {}), "error busy process 7 holds the lock\n");
    EXPECT_EQ(talk.say("toggle\n"), "") << "the next command has a patience of its own";
    EXPECT_EQ(talk.turn, Turn::later);
}

TEST(Dialogue, LooksAgainWhenWhatIsKnownGrewOldWhileItWaitedForTheLock)
{
    auto talk = on_a_socket();
    talk.desk.is_locked = true;
    EXPECT_EQ(talk.say("toggle\n"), "");
    talk.desk.fresh = false;

    EXPECT_EQ(talk.dialogue.go_on(talk.now), Turn::waiting);
    talk.desk.is_locked = false;

    EXPECT_EQ(talk.dialogue.answer_now(talk.now), Turn::idle);
    EXPECT_EQ(talk.dialogue.output(), "ok -- did toggle\n");
}

TEST(Dialogue, WhatTakesTimeKeepsTheLaterLinesOfItsClientWaiting)
{
    auto talk = on_a_socket();
    talk.desk.is_slow = true;
    int calls = 0;
    talk.dialogue.when_answered([&] { ++calls; });

    EXPECT_EQ(talk.say("toggle\nstatus\n"), "");
    EXPECT_EQ(talk.turn, Turn::under_way);
    EXPECT_EQ(talk.dialogue.go_on(talk.now), Turn::under_way);
    EXPECT_EQ(talk.desk.asked.size(), 1u);

    talk.desk.is_slow = false;
    talk.desk.under_way.front()();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(talk.dialogue.go_on_after_answer(talk.now), Turn::idle);
    EXPECT_EQ(talk.dialogue.output(), "ok -- did toggle\nok -- did status\n");
}

TEST(Dialogue, WhatFindsTheLockHeldAfterAWhileIsAskedAgain)
{
    auto talk = on_a_socket();
    talk.desk.is_slow = true;
    EXPECT_EQ(talk.say("toggle\n"), "");

    talk.desk.is_slow = false;
    talk.desk.is_locked = true;
    talk.desk.under_way.front()();
    EXPECT_EQ(talk.dialogue.go_on_after_answer(talk.now), Turn::later);
    EXPECT_EQ(talk.dialogue.output(), "");

    talk.desk.is_locked = false;
    EXPECT_EQ(talk.dialogue.go_on(talk.now), Turn::idle);
    EXPECT_EQ(talk.dialogue.output(), "ok -- did toggle\n");
}

TEST(Dialogue, WhoIsGoneIsNotTold)
{
    auto talk = on_a_socket();
    talk.desk.is_slow = true;
    {
        Dialogue gone(talk.entrance, talk.desk, "somebody else", uid_t{0});
        EXPECT_EQ(gone.take("toggle\n", talk.now), Turn::under_way);
        gone.end();
    }

    talk.desk.under_way.front()(); // touches nothing that is gone

    EXPECT_EQ(talk.desk.asked.size(), 1u);
}

} // namespace
} // namespace usbroute::daemon
