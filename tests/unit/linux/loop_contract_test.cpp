// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_loop.hpp"
#include "linux/unique_fd.hpp"
#include "linux/uv_loop.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

#include <sys/socket.h>
#include <unistd.h>

namespace usbroute::linux_ {
namespace {

using namespace std::chrono_literals;

/// libuv's, and how it is let run for some time.
struct ByLibuv {
    UvLoop loop;
    void pass(std::chrono::milliseconds time)
    {
        auto end = loop.timer([this] { loop.stop(); });
        end.start(time);
        loop.run();
    }
};

/// The fake, and how its clock is turned.
struct ByHand {
    fakes::FakeLoop loop;
    void pass(std::chrono::milliseconds time)
    {
        while (loop.errands() > 0) loop.run_errand();
        loop.advance(time);
    }
};

/// For what comes from another thread or from the kernel, whose time nobody knows on a busy machine.
template <class Kind, class Seen> void pass_until(Kind& kind, const Seen& seen)
{
    constexpr int most_turns = 4000;
    for (int i = 0; i < most_turns && !seen(); ++i) kind.pass(5ms);
}

/// What whoever has a loop relies on, whichever it is. The times are short, and far from each other.
template <class Kind> class LoopContract : public testing::Test {
protected:
    LoopContract()
    {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
        ours = UniqueFd(ends[0]);
        theirs = UniqueFd(ends[1]);
    }
    void say(std::string_view text)
    {
        EXPECT_EQ(::send(theirs.get(), text.data(), text.size(), MSG_NOSIGNAL), std::ssize(text));
    }
    std::string hear()
    {
        std::array<char, 64> bytes{};
        const auto got = ::recv(ours.get(), bytes.data(), bytes.size(), 0);
        if (got < 0) return "error";
        return {bytes.data(), static_cast<std::size_t>(got)};
    }

    UniqueFd ours;
    UniqueFd theirs;
    Kind kind;
    Loop& loop = kind.loop;
};

using Kinds = testing::Types<ByLibuv, ByHand>;
TYPED_TEST_SUITE(LoopContract, Kinds);

TYPED_TEST(LoopContract, TimersRingInTheOrderOfTheirTimes)
{
    std::string rung;
    auto late = this->loop.timer([&] { rung += "late "; });
    auto soon = this->loop.timer([&] { rung += "soon "; });
    auto also_soon = this->loop.timer([&] { rung += "also-soon "; });
    auto never = this->loop.timer([&] { rung += "never "; });

    late.start(10ms);
    never.start(5ms);
    soon.start(2ms);
    also_soon.start(2ms);
    never.stop();
    this->kind.pass(20ms);

    EXPECT_EQ(rung, "soon also-soon late ");
}

TYPED_TEST(LoopContract, ATimerThatIsStartedAgainRingsOnceAtItsNewTime)
{
    std::string rung;
    auto put_off = this->loop.timer([&] { rung += "put-off "; });
    auto between = this->loop.timer([&] { rung += put_off.is_running() ? "between " : "too-late "; });

    put_off.start(2ms);
    between.start(6ms);
    put_off.start(12ms);
    this->kind.pass(25ms);

    EXPECT_EQ(rung, "between put-off ");
    EXPECT_FALSE(put_off.is_running());
}

TYPED_TEST(LoopContract, NobodyIsCalledBackFromWithinTheirOwnCall)
{
    std::string said;
    auto timer = this->loop.timer([&] { said += "rung "; });
    timer.start(0ms);
    this->loop.errand([&] {}, [&] { said += "done "; });
    said += "called ";

    pass_until(this->kind, [&] { return said.size() == std::string_view("called rung done ").size(); });

    EXPECT_TRUE(said == "called rung done " || said == "called done rung ") << said;
}

TYPED_TEST(LoopContract, ACallbackMayDestroyTheTimerThatCalledIt)
{
    int rung = 0;
    std::optional<Timer> timer;
    timer = this->loop.timer([&, kept = std::string(100, 'x')] {
        timer.reset();
        rung += static_cast<int>(kept.size());
    });
    timer->start(1ms);

    this->kind.pass(10ms);

    EXPECT_EQ(rung, 100);
}

TYPED_TEST(LoopContract, ACallbackMayDestroyTheWatchThatCalledItAndOthers)
{
    std::string heard;
    std::optional<FdWatch> first;
    std::optional<FdWatch> second;
    const auto hear = [&](const char* who) {
        return [&, who](Ready) {
            heard += who;
            first.reset();
            second.reset();
        };
    };
    UniqueFd again(::dup(this->ours.get()));
    first = *this->loop.watch(this->ours.get(), hear("one"));
    second = *this->loop.watch(again.get(), hear("one"));
    first->want(Ready::readable);
    second->want(Ready::readable);
    this->say("hello");

    pass_until(this->kind, [&] { return !heard.empty(); });
    this->kind.pass(5ms);

    EXPECT_EQ(heard, "one");
}

TYPED_TEST(LoopContract, AWatchCallsAsLongAsItsDescriptorIsReady)
{
    int calls = 0;
    FdWatch watch;
    watch = *this->loop.watch(this->ours.get(), [&](Ready what) {
        EXPECT_EQ(what, Ready::readable);
        if (++calls == 3) this->hear();
    });
    watch.want(Ready::readable);
    this->say("hello");

    pass_until(this->kind, [&] { return calls >= 3; });
    this->kind.pass(5ms);

    EXPECT_EQ(calls, 3);
}

TYPED_TEST(LoopContract, AWatchThatIsPausedIsNotToldOfTheEndOfAConnection)
{
    int calls = 0;
    auto watch = *this->loop.watch(this->ours.get(), [&](Ready) { ++calls; });
    watch.want(Ready::readable);
    watch.pause();
    this->theirs = {};

    this->kind.pass(5ms);

    EXPECT_EQ(calls, 0);
}

TYPED_TEST(LoopContract, AWatchForWritingHearsOfRoom)
{
    Ready seen = Ready::both;
    FdWatch watch;
    watch = *this->loop.watch(this->ours.get(), [&](Ready what) {
        seen = what;
        watch.pause();
    });
    watch.want(Ready::writable);
    this->say("not asked for");

    pass_until(this->kind, [&] { return seen != Ready::both; });

    EXPECT_EQ(seen, Ready::writable);
}

/// A peer that closes with bytes unread leaves an error behind, and what it had sent before.
TYPED_TEST(LoopContract, AnErrorOnTheDescriptorDoesNotMakeItsWatchDeaf)
{
    std::string heard;
    FdWatch watch;
    watch = *this->loop.watch(this->ours.get(), [&](Ready) {
        const auto said = this->hear();
        heard += said + ".";
        if (said == "error" || said.empty()) return watch.pause();
        watch.want(Ready::readable);
    });
    watch.want(Ready::readable);
    ASSERT_EQ(::send(this->ours.get(), "unread", 6, MSG_NOSIGNAL), 6);
    this->say("last words");
    this->theirs = {};

    pass_until(this->kind, [&] { return heard.ends_with("error."); });

    EXPECT_EQ(heard, "last words.error.");
}

TYPED_TEST(LoopContract, WhatIsNoOpenDescriptorCannotBeWatched)
{
    const auto watch = this->loop.watch(100'000, [](Ready) {});

    ASSERT_FALSE(watch);
    EXPECT_EQ(watch.error().message().find("cannot watch descriptor 100000"), 0u);
}

TYPED_TEST(LoopContract, TheTimeIsThatOfTheTimerThatRings)
{
    const auto before = this->loop.now();
    std::chrono::milliseconds rung{};
    auto timer = this->loop.timer([&] { rung = this->loop.now(); });
    timer.start(5ms);

    this->kind.pass(15ms);

    EXPECT_GE(rung - before, 5ms);
}

} // namespace
} // namespace usbroute::linux_
