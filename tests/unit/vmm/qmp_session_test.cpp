// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "fakes/qmp_room.hpp"
#include "vmm/qmp_session.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace usbroute::vmm {
namespace {

using namespace std::chrono_literals;
using Kind = QmpFailure::Kind;

class QmpSessionTest : public fakes::QmpRoom {};

TEST_F(QmpSessionTest, AsksAtOnceAndAnswersByIdWithEventsInBetween)
{
    begin();
    ask("a");
    ask("b");
    EXPECT_EQ(heard(), line("a", 2) + line("b", 3));

    hear(R"({"event": "STOP", "timestamp": {}})");
    hear(R"({"return": {"x": 1}, "id": 3})");
    hear(R"({"event": "RESUME", "data": {"y": 2}})");
    hear(R"({"id": 2, "error": {"class": "GenericError", "desc": "no"}})");

    EXPECT_EQ(told(), R"(STOP{} b={"x":1} RESUME{"y":2} a=refused )");
}

TEST_F(QmpSessionTest, GivesTheWordsOfARefusalOn)
{
    begin();
    std::optional<QmpFailure> failure;
    session->ask({.command = {.name = "a"}}, [&](const QmpReply& reply) { failure = reply.error(); });
    loop.settle();

    hear(R"({"id": 2, "error": {"class": "DeviceNotFound", "desc": "Device 'x' not found"}})");

    EXPECT_EQ(
        failure,
        (QmpFailure{.kind = Kind::refused, .error_class = "DeviceNotFound", .text = "Device 'x' not found"}));
}

TEST_F(QmpSessionTest, WhoAsksWithoutAConnectionIsToldSoAfterTheirOwnCall)
{
    ask("a");
    EXPECT_EQ(told(), "");
    loop.settle();

    EXPECT_EQ(told(), "a=away ");
}

TEST_F(QmpSessionTest, WaitsForAGreetingWithoutATimer)
{
    session->begin();
    ASSERT_TRUE(qemu.accept());

    loop.advance(24h);

    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
    EXPECT_EQ(told(), "");
    greet();
    EXPECT_EQ(told(), "ready-7.2.22 ");
}

TEST_F(QmpSessionTest, ACommandWithoutAnswerEndsAtItsDeadlineAndItsLateAnswerIsNoOthers)
{
    begin();
    ask("a", 1s);
    ask("b", 5s);
    EXPECT_EQ(heard(), line("a", 2) + line("b", 3));

    loop.advance(1s);
    EXPECT_EQ(told(), "a=no-answer ");
    hear(R"({"return": 1, "id": 2})");
    EXPECT_EQ(told(), "");
    hear(R"({"return": 2, "id": 3})");

    EXPECT_EQ(told(), "b=2 ");
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(QmpSessionTest, AnswersToLaterCommandsAloneEndTheConnection)
{
    begin();
    ask("a", 1s);
    ask("b", 5s);
    loop.advance(1s);
    EXPECT_EQ(told(), "a=no-answer ");

    hear(R"({"return": 2, "id": 3})");

    EXPECT_EQ(told(), "b=2 ended: QEMU left a command without an answer ");
    comes_again();
}

TEST_F(QmpSessionTest, WhatBreaksTheProtocolEndsTheConnectionAndEveryCommandOnce)
{
    const struct {
        const char* what;
        std::string line, why;
    } rows[] = {
        {"an answer to nothing", R"({"return": {}, "id": 77})", "QEMU answered what it was not asked"},
        {"an answer without id", R"({"return": {}})", "QEMU answered what it was not asked"},
        {"a foreign id", R"({"return": {}, "id": "libvirt-3"})", "QEMU answered what it was not asked"},
        {"a negative id", R"({"return": {}, "id": -ID})", "QEMU answered what it was not asked"},
        {"a fraction of an id", R"({"return": {}, "id": ID.0})", "QEMU answered what it was not asked"},
        {"an error about nothing", R"({"error": {"class": "GenericError", "desc": "Invalid JSON syntax"}})",
         "QEMU answered what it was not asked"},
        {"an error without words", R"({"error": {"class": 7}, "id": ID})",
         "QEMU's monitor sent something else than QMP"},
        {"a second greeting", R"({"QMP": {}})", "QEMU greeted twice"},
        {"no JSON", "QEMU 7.2.22 monitor - type 'help'", "QEMU's monitor sent something else than QMP"},
        {"no object", "[1, 2]", "QEMU's monitor sent something else than QMP"},
        {"an object of nothing", "{}", "QEMU's monitor sent something else than QMP"},
        {"a deep one", R"({"return": )" + std::string(500, '[') + std::string(500, ']') + R"(, "id": ID})",
         "QEMU's monitor sent something else than QMP"},
        {"an event whose name is none", R"({"event": 3})", "QEMU's monitor sent something else than QMP"},
        {"bytes that are no UTF-8", "{\"event\": \"\xff\xfe\"}",
         "QEMU's monitor sent something else than QMP"},
    };
    begin();
    int id_of_a = 2;
    for (const auto& row : rows) {
        ask("a");
        ask("b");
        loop.settle();

        hear(replaced(row.line, {{"ID", std::to_string(id_of_a)}}));

        EXPECT_EQ(told(), "a=ended b=ended ended: " + row.why + " ") << row.what;
        loop.advance(30s);
        ASSERT_TRUE(qemu.accept()) << row.what;
        greet();
        EXPECT_EQ(told(), "ready-7.2.22 ") << row.what;
        id_of_a += 3; // b, and the word that begins
    }
}

TEST_F(QmpSessionTest, AnAnswerThatComesTwiceEndsTheConnection)
{
    begin();
    ask("a");
    ask("b");
    loop.settle();

    hear(R"({"return": 1, "id": 2})");
    hear(R"({"return": 1, "id": 2})");

    EXPECT_EQ(told(), "a=1 b=ended ended: QEMU answered what it was not asked ");
    comes_again();
}

TEST_F(QmpSessionTest, ALineWithoutAnEndEndsTheConnectionLongBeforeItDoes)
{
    begin();
    ask("a");
    loop.settle();
    const std::string piece(16384, 'x');
    std::size_t poured = 0;

    while (qemu.is_connected() && said.empty() && poured < 100'000'000) {
        poured += qemu.pour(piece);
        loop.settle();
    }

    EXPECT_EQ(told(), "a=ended ended: QEMU sent a line of more than 524288 bytes ");
    EXPECT_LT(poured, std::size_t{600'000});
    comes_again();
}

TEST_F(QmpSessionTest, AFloodOfEventsIsHeardInTurnsAndKeepsNoAnswerBack)
{
    begin();
    ask("a");
    loop.settle();
    std::string flood;
    for (int i = 0; i < 3000; ++i) flood += "{\"event\": \"E\"}\n";
    std::size_t poured = 0;
    while (poured < flood.size()) {
        poured += qemu.pour(std::string_view(flood).substr(poured));
        loop.turn();
    }
    qemu.say("{\"return\": 1, \"id\": 2}\n");
    loop.settle();

    const auto all = told();
    EXPECT_EQ(all.size(), 3000 * std::string("E{} ").size() + 4);
    EXPECT_TRUE(all.ends_with("E{} a=1 "));
}

TEST_F(QmpSessionTest, AConnectionThatEndsWithinAnAnswerEndsTheCommand)
{
    begin();
    ask("a");
    loop.settle();
    qemu.say(R"({"return": {"a": )");
    loop.settle();

    qemu.hang_up();
    loop.settle();

    EXPECT_EQ(told(), "a=ended ended: QEMU has closed its monitor ");
    comes_again();
    ask("b"); // no rest of the old line is in its way
    loop.settle();
    hear(R"({"return": 2, "id": 4})");
    EXPECT_EQ(told(), "b=2 ");
}

TEST_F(QmpSessionTest, AQemuThatNeverReadsFillsABoundedQueueAndNothingThatIsLateIsSent)
{
    begin();
    const std::string name(4000, 'n');
    for (int i = 0; i < 400; ++i)
        session->ask({.command = {.name = name}, .deadline = 5s},
                     [this](const QmpReply& reply) { said += reply.error().text.substr(0, 8) + "|"; });

    loop.settle();
    const auto busy = told();
    EXPECT_GT(busy.size(), std::size_t{0});
    EXPECT_EQ(busy.find("QEMU"), std::string::npos);
    loop.advance(5s);
    const auto late = told();
    EXPECT_NE(late.find("QEMU did|"), std::string::npos);
    EXPECT_EQ((busy.size() + late.size()) / 9, 400U);

    // What had begun arrives as a whole line, and nothing after it but what is asked now.
    auto all = heard_all();
    ask("now");
    all += heard();
    EXPECT_TRUE(
        all.ends_with("}\n{\"execute\":\"now\",\"id\":" + std::to_string(2 + 400 - busy.size() / 9) + "}\n"))
        << all.substr(all.size() - 100);
}

TEST_F(QmpSessionTest, TooManyCommandsAreRefusedAndNotKept)
{
    begin();
    for (std::size_t i = 0; i < QmpSession::most_commands + 2; ++i) ask("a");

    loop.settle();

    EXPECT_EQ(told(), "a=busy a=busy ");
}

} // namespace
} // namespace usbroute::vmm
