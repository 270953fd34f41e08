// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/qmp_room.hpp"
#include "vmm/qmp_session.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace usbroute::vmm {
namespace {

using namespace std::chrono_literals;

class QmpSessionFiles : public fakes::QmpRoom {};
class QmpSessionEnds : public fakes::QmpRoom {};

TEST_F(QmpSessionFiles, AFileGoesAheadOfItsCommandAndIsClosedThen)
{
    begin();
    ask_with_file("add-fd");

    EXPECT_EQ(heard(), " "); // what comes with a file ends with it
    EXPECT_TRUE(qemu.file.is_open());
    EXPECT_EQ(heard(), line("add-fd", 2));
    hear(R"({"return": 1, "id": 2})");
    EXPECT_EQ(told(), "add-fd=1 ");
}

TEST_F(QmpSessionFiles, ASecondFileWaitsUntilTheFirstOneIsTaken)
{
    begin();
    ask_with_file("first");
    ask_with_file("second");
    ask("third");
    EXPECT_EQ(heard_all(), " " + line("first", 2));

    hear(R"({"return": 1, "id": 2})");

    EXPECT_EQ(heard_all(), " " + line("second", 3) + line("third", 4));
    EXPECT_EQ(told(), "first=1 ");
}

TEST_F(QmpSessionFiles, AFileThatCannotBePassedEndsItsCommandAlone)
{
    begin();
    is_lending = false;
    lent.errno_value = ENOSYS; // the daemon's filter
    ask_with_file("a");
    ask("b");

    EXPECT_EQ(heard(), line("b", 3));
    EXPECT_EQ(told(), "a=cannot-lend ");
}

TEST_F(QmpSessionFiles, AFileThatMustWaitGoesWhenTheSocketCanTakeIt)
{
    begin();
    is_lending = false;
    lent.would_block = true;
    ask_with_file("a");
    ask("b");
    loop.turn();
    loop.turn();
    EXPECT_EQ(qemu.hear(), "");

    is_lending = true;

    EXPECT_EQ(heard_all(), " " + line("a", 2) + line("b", 3));
}

TEST_F(QmpSessionEnds, WhoIsCalledBackMayAskAgain)
{
    begin();
    session->ask({.command = {.name = "a"}}, [&](const QmpReply&) { ask("b"); });
    loop.settle();
    hear(R"({"return": 1, "id": 2})");
    EXPECT_EQ(heard(), line("a", 2) + line("b", 3));

    session->ask({.command = {.name = "c"}}, [&](const QmpReply&) { ask("d"); });
    loop.settle();
    qemu.hang_up();
    loop.settle();

    EXPECT_EQ(told(), "b=ended ended: QEMU has closed its monitor d=away ");
}

TEST_F(QmpSessionEnds, WhoIsCalledBackMayDestroyTheSessionAndNobodyIsCalledFromThenOn)
{
    const auto destroy = [&](const QmpReply&) {
        said += "destroyed ";
        session.reset();
    };
    begin();
    session->ask({.command = {.name = "a"}}, destroy);
    ask("b");
    loop.settle();

    qemu.say("{\"return\": 1, \"id\": 2}\n{\"return\": 1, \"id\": 3}\n");
    loop.settle();

    EXPECT_EQ(told(), "destroyed ");
}

TEST_F(QmpSessionEnds, TheSessionCanBeDestroyedWhereItEnds)
{
    begin();
    session->ask({.command = {.name = "a"}}, [&](const QmpReply&) { session.reset(); });
    ask("b");
    loop.settle();

    qemu.hang_up();
    loop.settle();

    EXPECT_EQ(told(), "");
}

TEST_F(QmpSessionEnds, TheSessionCanBeDestroyedAtADeadlineAndWhereNothingWasSent)
{
    begin();
    session->ask({.command = {.name = "a"}, .deadline = 1s}, [&](const QmpReply&) { session.reset(); });
    ask("b", 1s);
    loop.advance(1s);
    EXPECT_EQ(told(), "");

    QmpSession other(loop, directory.path() + "/nobody.sock", {.ready = {}, .event = {}, .ended = {}});
    auto another = std::make_unique<QmpSession>(loop, directory.path() + "/nobody.sock", QmpSession::Tell{});
    another->ask({.command = {.name = "a"}}, [&](const QmpReply&) { another.reset(); });
    another->ask({.command = {.name = "b"}}, done("b"));
    loop.settle();
    EXPECT_EQ(told(), "");
}

TEST_F(QmpSessionEnds, AMonitorThatRefusesToBeginIsTriedAgain)
{
    session->begin();
    ASSERT_TRUE(qemu.accept());
    qemu.say(fakes::qemus_greeting);
    loop.settle();

    hear(R"({"id": 1, "error": {"class": "GenericError", "desc": "no"}})");

    EXPECT_EQ(told(), "did not begin: QEMU's monitor takes no commands ");
    comes_again();
}

TEST_F(QmpSessionEnds, AMonitorThatDoesNotBeginInTimeIsTriedAgain)
{
    session->begin();
    ASSERT_TRUE(qemu.accept());
    qemu.say(fakes::qemus_greeting);
    loop.settle();

    loop.advance(10s);

    EXPECT_EQ(told(), "did not begin: QEMU's monitor takes no commands ");
    loop.advance(100ms);
    EXPECT_TRUE(qemu.accept());
}

} // namespace
} // namespace usbroute::vmm
