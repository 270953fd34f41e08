// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/qmp_line.hpp"
#include "fakes/daemon_room.hpp"
#include "fakes/fake_loop.hpp"
#include "linux/listen.hpp"
#include "wire/qmp.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <sys/socket.h>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view qemus_greeting = R"({"QMP": {"version": {}, "capabilities": []}})"
                                            "\n";

/// QEMU's monitor, played by the test: listens where QEMU would, and says what it is told to.
class ScriptedMonitor {
public:
    explicit ScriptedMonitor(const std::string& path) : door_(*linux_::listen_unix(path, std::nullopt)) {}

    /// Takes the next connection; false: there is none.
    bool accept()
    {
        auto client = linux_::accept_client(door_.fd());
        if (!client || !*client) return false;
        line_ = std::move(**client);
        return true;
    }
    void say(std::string_view text)
    {
        EXPECT_EQ(::send(line_.get(), text.data(), text.size(), MSG_NOSIGNAL), std::ssize(text));
    }
    std::string hear()
    {
        std::array<char, 512> bytes{};
        const auto got = linux_::look_at_received(line_.get(), bytes.data(), bytes.size());
        linux_::take_received(line_.get(), got.count);
        return {bytes.data(), got.count};
    }
    void hang_up() { line_ = {}; }

private:
    linux_::ListeningSocket door_;
    linux_::UniqueFd line_;
};

class QmpLineTest : public testing::Test {
protected:
    /// QEMU has started, and greets.
    void start_qemu()
    {
        qemu.emplace(path);
        loop.settle();
        ASSERT_TRUE(qemu->accept());
        qemu->say(qemus_greeting);
        loop.settle();
    }
    std::string told() { return std::exchange(said, {}); }

    fakes::StateDirectory directory;
    std::string path = directory.path() + "/deep/qmp.sock";
    fakes::FakeLoop loop;
    std::optional<ScriptedMonitor> qemu;
    std::string said;
    QmpLine line{loop, path,
                 [this](MachineNews news) { said += news == MachineNews::runs ? "runs " : "is-off "; }};
};

TEST_F(QmpLineTest, NothingTicksWhileThereIsNoQemu)
{
    line.begin();

    loop.advance(1h);

    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
    EXPECT_EQ(told(), "");
}

TEST_F(QmpLineTest, SaysTheOneWordWithoutWhichQemuTellsNothingAndNoOther)
{
    line.begin();
    start_qemu();

    EXPECT_EQ(told(), "runs ");
    EXPECT_EQ(qemu->hear(), wire::qmp_begin);
    qemu->say(qemus_greeting);
    qemu->say("{\"return\": {}}\n");
    loop.advance(1h);
    EXPECT_EQ(qemu->hear(), "");
    EXPECT_EQ(told(), "");
}

TEST_F(QmpLineTest, AGuestThatSwitchesItselfOffIsOffAndOneThatRestartsIsNot)
{
    line.begin();
    start_qemu();
    EXPECT_EQ(told(), "runs ");

    qemu->say(R"({"event": "RESET", "data": {"guest": true, "reason": "guest-reset"}})"
              "\n");
    loop.settle();
    EXPECT_EQ(told(), "");
    qemu->say(R"({"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}})"
              "\n");
    loop.settle();
    EXPECT_EQ(told(), "is-off ");
    qemu->say("{\"event\": \"RESUME\"}\n");
    loop.settle();
    EXPECT_EQ(told(), "runs ");
}

TEST_F(QmpLineTest, ALineThatComesInPiecesIsOneAndOneThatIsTooLongIsNone)
{
    line.begin();
    start_qemu();
    EXPECT_EQ(told(), "runs ");

    qemu->say("{\"event\": \"SHUT");
    loop.settle();
    EXPECT_EQ(told(), "");
    qemu->say("DOWN\"}\n");
    loop.settle();
    EXPECT_EQ(told(), "is-off ");
    qemu->say("{\"event\": \"RESUME\", \"" + std::string(9000, 'x') + "\": 1}\n");
    loop.settle();
    EXPECT_EQ(told(), "");
}

TEST_F(QmpLineTest, AMonitorThatIsClosedMeansThatTheMachineIsOffAndIsConnectedToAgain)
{
    line.begin();
    start_qemu();
    loop.advance(5s);
    EXPECT_EQ(told(), "runs ");

    qemu->hang_up();
    loop.settle();
    EXPECT_EQ(told(), "is-off ");
    loop.advance(49ms);
    EXPECT_FALSE(qemu->accept());
    loop.advance(1ms);
    ASSERT_TRUE(qemu->accept());
    qemu->say(qemus_greeting);
    loop.settle();
    EXPECT_EQ(qemu->hear(), wire::qmp_begin);
    EXPECT_EQ(told(), "runs ");
}

TEST_F(QmpLineTest, WhatNeverGreetedSaysNothingOfTheMachine)
{
    line.begin();
    qemu.emplace(path);
    loop.settle();
    ASSERT_TRUE(qemu->accept());
    qemu->say("{\"event\": \"STOP\"}\n");

    qemu->hang_up();
    loop.settle();

    EXPECT_EQ(told(), "");
}

TEST_F(QmpLineTest, HurriesLessAndLessToOneThatHangsUpAtOnce)
{
    line.begin();
    qemu.emplace(path);
    loop.settle();
    ASSERT_TRUE(qemu->accept());

    std::vector<std::chrono::milliseconds> pauses;
    while (pauses.size() < 12) {
        qemu->hang_up();
        loop.settle();
        ASSERT_TRUE(loop.until_next_ring());
        pauses.push_back(*loop.until_next_ring());
        loop.advance(pauses.back());
        ASSERT_TRUE(qemu->accept());
    }

    EXPECT_EQ(pauses, (std::vector<std::chrono::milliseconds>{100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms,
                                                              6400ms, 12800ms, 25600ms, 30s, 30s, 30s}));
}

TEST_F(QmpLineTest, AQemuThatStartsAnewIsFoundWhenItsSocketIsThere)
{
    line.begin();
    start_qemu();
    EXPECT_EQ(told(), "runs ");
    qemu.reset(); // with its file
    loop.settle();
    EXPECT_EQ(told(), "is-off ");
    loop.advance(1h);
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);

    start_qemu();

    EXPECT_EQ(told(), "runs ");
}

TEST_F(QmpLineTest, ALineThatCannotBeWatchedIsTriedAgain)
{
    qemu.emplace(path);
    loop.is_full = true;
    line.begin();
    ASSERT_TRUE(qemu->accept());
    loop.is_full = false;

    loop.advance(100ms);

    ASSERT_TRUE(qemu->accept());
    qemu->say(qemus_greeting);
    loop.settle();
    EXPECT_EQ(told(), "runs ");
}

} // namespace
} // namespace usbroute::daemon
