// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/qmp_line.hpp"
#include "fakes/daemon_room.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/scripted_monitor.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

using fakes::qemus_greeting;
using fakes::ScriptedMonitor;

/// Before its number.
const std::string the_one_word = R"({"execute":"qmp_capabilities","id":)";

class QmpLineTest : public testing::Test {
protected:
    /// QEMU has started, and greets.
    void start_qemu()
    {
        qemu.emplace(path);
        loop.settle();
        ASSERT_TRUE(qemu->accept());
        greet();
    }
    void greet()
    {
        qemu->say(qemus_greeting);
        loop.settle();
        EXPECT_EQ(qemu->hear(), the_one_word + std::to_string(++begun) + "}\n");
        qemu->say("{\"return\": {}, \"id\": " + std::to_string(begun) + "}\r\n");
        loop.settle();
    }
    std::string told() { return std::exchange(said, {}); }

    fakes::StateDirectory directory;
    std::string path = directory.path() + "/deep/qmp.sock";
    fakes::FakeLoop loop;
    std::optional<ScriptedMonitor> qemu;
    std::string said;
    int begun = 0;
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
    loop.advance(1h);
    EXPECT_EQ(qemu->hear(), "");
    EXPECT_EQ(told(), "");
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
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

TEST_F(QmpLineTest, ALineThatComesInPiecesIsOne)
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
    greet();
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
    greet();
    EXPECT_EQ(told(), "runs ");
}

} // namespace
} // namespace usbroute::daemon
