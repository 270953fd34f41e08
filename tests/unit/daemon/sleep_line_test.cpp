// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/sleep_line.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/state_directory.hpp"
#include "linux/listen.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

class SleepLineTest : public testing::Test {
protected:
    void listen() { door.emplace(std::move(*linux_::listen_unix(path, std::nullopt))); }
    void begin()
    {
        line.begin();
        auto come = linux_::accept_client(door->fd());
        ASSERT_TRUE(come && *come);
        helper = std::move(**come);
    }
    /// usbroute-sleep says it.
    void say(std::string_view text)
    {
        ASSERT_EQ(linux_::send(helper.get(), text.data(), text.size()).count, text.size());
        loop.settle();
    }
    std::string heard()
    {
        std::string bytes(64, '\0');
        const auto got = ::recv(helper.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
        return bytes;
    }

    fakes::StateDirectory state;
    std::string path = state.path() + "/sleep.sock";
    fakes::FakeLoop loop;
    std::string turned;
    SleepLine line{loop, path, [this] { turned += line.is_near() ? "near " : "over "; }};
    std::optional<linux_::ListeningSocket> door;
    linux_::UniqueFd helper;
};

TEST_F(SleepLineTest, TellsWhenSleepIsNearAndLetsItComeOnce)
{
    listen();
    begin();
    say("held\n");
    EXPECT_EQ(turned, "");
    line.may_come(); // nobody waits for it
    EXPECT_EQ(heard(), "");

    say("sle");
    say("eps\n");
    EXPECT_EQ(turned, "near ");
    line.may_come();
    line.may_come();
    EXPECT_EQ(heard(), "may\n");

    say("awake\nheld\n");
    EXPECT_EQ(turned, "near over ");
}

TEST_F(SleepLineTest, WithoutAHelperNothingIsDifferent)
{
    line.begin();
    line.may_come();
    loop.settle();

    EXPECT_EQ(turned, "");
    EXPECT_FALSE(line.is_near());

    listen(); // it comes later, and something is given
    begin();
    say("absent\n");
    EXPECT_EQ(turned, "");
}

TEST_F(SleepLineTest, AHelperThatEndsOrIsHostileHoldsNothingUp)
{
    for (const std::string_view text : {"", "shutdown\n", "sleeps sleeps\n"}) {
        listen();
        begin();
        say("sleeps\n");
        ASSERT_TRUE(line.is_near());
        if (text.empty()) {
            helper = {};
            loop.settle();
        } else {
            say(text);
        }
        EXPECT_FALSE(line.is_near()) << text;
        door.reset();
    }
    EXPECT_EQ(turned, "near over near over near over ");
}

TEST_F(SleepLineTest, WhatHasNoEndIsGivenUp)
{
    listen();
    begin();
    say(std::string(wire::longest_sleep_line + 1, 'x'));

    char byte = 0;
    EXPECT_EQ(::recv(helper.get(), &byte, 1, MSG_DONTWAIT), 0) << "it has hung up";
}

TEST_F(SleepLineTest, ASleepThatDoesNotComeIsOver)
{
    listen();
    begin();
    say("sleeps\n");

    loop.advance(SleepLine::longest_wait_for_it);

    EXPECT_EQ(turned, "near over ");
    line.may_come();
    EXPECT_EQ(heard(), "");
}

TEST_F(SleepLineTest, AHelperThatWasStartedAnewIsFound)
{
    listen();
    begin();
    helper = {};
    loop.settle();

    loop.advance(SleepLine::until_it_is_back);

    auto come = linux_::accept_client(door->fd());
    EXPECT_TRUE(come && *come);
}

} // namespace
} // namespace usbroute::daemon
