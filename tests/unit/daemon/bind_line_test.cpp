// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/bind_line.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/state_directory.hpp"
#include "linux/listen.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include <sys/socket.h>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

/// usbroute-bind's place, played by the test in the same loop: it says this to whatever it is asked, and hangs up.
class ScriptedBinder {
public:
    ScriptedBinder(linux_::Loop& loop, const std::string& path, std::optional<std::string> answer)
        : loop_(loop), answer_(std::move(answer)), door_(*linux_::listen_unix(path, std::nullopt))
    {
        watch_ = *loop_.watch(door_.fd(), [this](linux_::Ready) {
            client_ = std::move(**linux_::accept_client(door_.fd()));
            heard_ = *loop_.watch(client_.get(), [this](linux_::Ready) {
                heard_.pause();
                if (!answer_) return;
                static_cast<void>(::send(client_.get(), answer_->data(), answer_->size(), MSG_NOSIGNAL));
                ::shutdown(client_.get(), SHUT_RDWR);
            });
            heard_.want(linux_::Ready::readable);
        });
        watch_.want(linux_::Ready::readable);
    }

private:
    linux_::Loop& loop_;
    std::optional<std::string> answer_;
    linux_::ListeningSocket door_;
    linux_::UniqueFd client_;
    linux_::FdWatch watch_;
    linux_::FdWatch heard_;
};

class BindLineTest : public testing::Test {
protected:
    std::string asked()
    {
        std::string text;
        line.ask({.what = wire::BindQuestion::What::give, .function = *PciAddress::parse("04:00.0")},
                 [&](const Result<void>& done) {
                     text += done ? "done" : std::string(done.error().code()) + ": " + done.error().message();
                 });
        loop.settle();
        return text;
    }
    std::string answered(std::optional<std::string> answer)
    {
        const ScriptedBinder binder(loop, path, std::move(answer));
        return asked();
    }

    fakes::StateDirectory state;
    std::string path = state.path() + "/bind.sock";
    fakes::FakeLoop loop;
    BindLine line{loop, path};
};

TEST_F(BindLineTest, TellsWhatItIsTold)
{
    EXPECT_FALSE(line.is_there());
    EXPECT_EQ(answered("ok\n"), "done");
    EXPECT_EQ(answered("no refused group-shared it shares a group\n"), "group-shared: it shares a group");
}

TEST_F(BindLineTest, WhatMakesNoSenseIsAFailure)
{
    EXPECT_TRUE(answered("ok").starts_with("no-binder: "));
    EXPECT_TRUE(answered("").starts_with("no-binder: "));
    EXPECT_TRUE(answered("ok fine\n").starts_with("no-binder: the answer of usbroute-bind makes no sense"));
    EXPECT_TRUE(answered(std::string(100'000, 'x')).starts_with("no-binder: "));
}

TEST_F(BindLineTest, WhereNobodyListensItSaysSoAtOnce)
{
    EXPECT_TRUE(asked().starts_with("no-binder: usbroute-bind is not running"));
}

TEST_F(BindLineTest, ASilentOneIsGivenUp)
{
    const ScriptedBinder binder(loop, path, std::nullopt);
    EXPECT_TRUE(line.is_there());
    std::string text;
    line.ask({.what = wire::BindQuestion::What::take, .function = *PciAddress::parse("04:00.0")},
             [&](const Result<void>& done) {
                 if (!done) text = std::string(done.error().code());
             });
    loop.settle();
    EXPECT_EQ(text, "");
    loop.advance(46s);
    EXPECT_EQ(text, "write-hangs");
}

} // namespace
} // namespace usbroute::daemon
