// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "claims/conversation.hpp"
#include "daemon/claim_line.hpp"
#include "fakes/at_once.hpp"
#include "fakes/daemon_room.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/recording_waiter.hpp"
#include "linux/listen.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include <sys/socket.h>
#include <unistd.h>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using fakes::RecordingWaiter;
using topology::Claims;
using topology::ClaimsAnswer;
using topology::ClaimState;

/// usbroute-claims' place, played by the test in the same loop: what it answers to the question that comes.
class ScriptedClaims {
public:
    ScriptedClaims(linux_::Loop& loop, const std::string& path, std::function<void(int)> answer)
        : loop_(loop), answer_(std::move(answer)), door_(*linux_::listen_unix(path, std::nullopt))
    {
        watch_ = *loop_.watch(door_.fd(), [this](linux_::Ready) {
            client_ = std::move(**linux_::accept_client(door_.fd()));
            heard_ = *loop_.watch(client_.get(), [this](linux_::Ready) {
                heard_.pause();
                answer_(client_.get());
            });
            heard_.want(linux_::Ready::readable);
        });
        watch_.want(linux_::Ready::readable);
    }
    void hang_up() { client_ = {}; }

private:
    linux_::Loop& loop_;
    std::function<void(int)> answer_;
    linux_::ListeningSocket door_;
    linux_::UniqueFd client_;
    linux_::FdWatch watch_;
    linux_::FdWatch heard_;
};

class ClaimLineTest : public testing::Test, protected fakes::DaemonRoom {
protected:
    ClaimLineTest() : DaemonRoom([this] { line.ask(); })
    {
        tree.add("proc/self", fakes::file("mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"));
        fakes::plug_disk(board, "3-6", "sdb");
        machine.take(board);
    }

    std::string move()
    {
        const auto done = fakes::carry_out(
            machine, {.wish = plan::MoveRequest{{ConnectorName("rear")}, config::target_from("ehci")}});
        if (done) return "moved";
        return plan::text_of(std::get<plan::Refusal>(done.error()));
    }

    /// Asks, with this answer, and moves when it is there.
    std::string move_with(std::function<void(int)> answer)
    {
        ScriptedClaims claims(loop, path, std::move(answer));
        std::string moved;
        RecordingWaiter waiter("client", told);
        waiter.then = [&] { moved = move(); };
        EXPECT_TRUE(machine.awaits_claims());
        line.wait(waiter);
        loop.settle();
        EXPECT_FALSE(moved.empty());
        return moved;
    }

    std::string path = state.path() + "/claims.sock";
    fakes::FakeLoop loop;
    int answers = 0;
    std::string told;
    ClaimLine line{loop, machine, path, [this] { ++answers; }};
};

TEST_F(ClaimLineTest, TheProgramsOwnConversationTellsAFreeDiskFromAClaimedOne)
{
    const auto say = [](ClaimState found) {
        return [found](int client) {
            const auto talked = claims::talk(client, "nobody", [found] {
                return Claims{
                    .answer = ClaimsAnswer::given,
                    .claims = {{.block = "sdb", .state = found}, {.block = "sdb1", .state = found}}};
            });
            EXPECT_TRUE(talked);
        };
    };
    if (::geteuid() != 0) GTEST_SKIP() << "only root and the daemon's user are answered";

    EXPECT_TRUE(move_with(say(ClaimState::claimed)).find("sdb > sdb1 > claimed by the kernel") !=
                std::string::npos);
    machine.know_claims(std::nullopt);
    EXPECT_EQ(move_with(say(ClaimState::free)), "moved");
    EXPECT_EQ(answers, 2);
}

TEST_F(ClaimLineTest, WhatMakesNoSenseCountsAsUse)
{
    const auto said =
        move_with([](int client) { static_cast<void>(::send(client, "ok sdb\n", 7, MSG_NOSIGNAL)); });

    EXPECT_TRUE(said.find("the answer of usbroute-claims makes no sense") != std::string::npos) << said;
}

TEST_F(ClaimLineTest, AnEndWithoutAnAnswerCountsAsUse)
{
    const auto said = move_with([](int client) { ::shutdown(client, SHUT_RDWR); });

    EXPECT_TRUE(said.find("the answer of usbroute-claims makes no sense") != std::string::npos) << said;
}

TEST_F(ClaimLineTest, AFloodCountsAsUseAndTakesNoMemory)
{
    const auto said = move_with([](int client) {
        const std::string flood(200'000, 'x');
        static_cast<void>(::send(client, flood.data(), flood.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
    });

    EXPECT_TRUE(said.find("the answer of usbroute-claims makes no sense") != std::string::npos) << said;
}

TEST_F(ClaimLineTest, WhereNobodyListensTheMachineKnowsAtOnce)
{
    EXPECT_FALSE(machine.awaits_claims());

    EXPECT_EQ(move(), "moved");
}

TEST_F(ClaimLineTest, AWaiterThatHasGoneIsNotTold)
{
    ScriptedClaims claims(loop, path,
                          [](int client) { static_cast<void>(::send(client, "ok\n", 3, MSG_NOSIGNAL)); });
    RecordingWaiter gone("gone", told);
    RecordingWaiter here("here", told);
    ASSERT_TRUE(machine.awaits_claims());
    line.wait(gone);
    line.wait(here);
    line.forget(gone);

    loop.settle();

    EXPECT_EQ(told, "here taken\n");
    EXPECT_EQ(answers, 1);
}

TEST_F(ClaimLineTest, ThreeSecondsOfSilenceCountAsUseAndTheNextQuestionIsAskedAnew)
{
    int questions = 0;
    const ScriptedClaims claims(loop, path, [&](int) { ++questions; });
    RecordingWaiter waiter("client", told);
    ASSERT_TRUE(machine.awaits_claims());
    line.wait(waiter);
    loop.advance(2999ms);
    EXPECT_EQ(told, "");

    loop.advance(1ms);

    EXPECT_EQ(told, "client taken\n");
    EXPECT_TRUE(move().find("usbroute-claims did not answer within 3 s") != std::string::npos);
    EXPECT_EQ(questions, 1);
    loop.advance(1s);
    EXPECT_TRUE(machine.awaits_claims());
    loop.settle();
    EXPECT_EQ(questions, 2);
}

TEST_F(ClaimLineTest, AnAnswerIsGoodForASecond)
{
    const ScriptedClaims claims(
        loop, path, [](int client) { static_cast<void>(::send(client, "ok\n", 3, MSG_NOSIGNAL)); });
    ASSERT_TRUE(machine.awaits_claims());
    loop.settle();

    loop.advance(999ms);
    EXPECT_FALSE(machine.awaits_claims());
    loop.advance(1ms);
    EXPECT_TRUE(machine.awaits_claims());
    EXPECT_EQ(answers, 1);
}

TEST_F(ClaimLineTest, AWaiterMayTakeAnotherOneAwayWhileItIsTold)
{
    const ScriptedClaims claims(
        loop, path, [](int client) { static_cast<void>(::send(client, "ok\n", 3, MSG_NOSIGNAL)); });
    RecordingWaiter first("first", told);
    RecordingWaiter second("second", told);
    first.then = [&] { line.forget(second); };
    ASSERT_TRUE(machine.awaits_claims());
    line.wait(first);
    line.wait(second);

    loop.settle();

    EXPECT_EQ(told, "first taken\n");
}

} // namespace
} // namespace usbroute::daemon
