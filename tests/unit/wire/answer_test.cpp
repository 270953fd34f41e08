// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/answer.hpp"
#include "wire/event.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::wire {
namespace {

Answer moved()
{
    return {.status = Status::ok,
            .profile = "desk-in-windows",
            .owners = {{"windows", {"front-left", "rear-1"}}, {"host", {"rear-2"}}}};
}

Answer refused()
{
    return {.status = Status::refused,
            .code = "last-keyboard",
            .message = "front-left holds the host's only keyboard: X; say yes"};
}

TEST(Answer, IsOneLineOfText)
{
    EXPECT_EQ(to_line(moved(), Form::text), "ok desk-in-windows windows=front-left,rear-1 host=rear-2");
    EXPECT_EQ(to_line(refused(), Form::text),
              "refused last-keyboard front-left holds the host's only keyboard: X; say yes");
    EXPECT_EQ(to_line(Answer{}, Form::text), "ok");
    EXPECT_EQ(to_line(Answer{.message = "nothing to do", .warnings = {"a", "b"}}, Form::text),
              "ok -- nothing to do; warning: a; warning: b");
}

TEST(Answer, IsOneLineOfJson)
{
    EXPECT_EQ(
        to_line(moved(), Form::json),
        R"({"ok":true,"owners":{"host":["rear-2"],"windows":["front-left","rear-1"]},"profile":"desk-in-windows"})");
    EXPECT_EQ(
        to_line(refused(), Form::json),
        R"({"code":"last-keyboard","message":"front-left holds the host's only keyboard: X; say yes","ok":false,"status":"refused"})");
    EXPECT_EQ(to_line(Answer{.document_name = "status", .document = R"({"schema":1})"}, Form::json),
              R"({"ok":true,"status":{"schema":1}})");
}

TEST(Answer, StaysOnItsLineWhateverIsInIt)
{
    const Answer answer{.status = Status::failed, .code = "x", .message = "a\nok b\r\x1b[2J\xff"};

    EXPECT_EQ(to_line(answer, Form::text), R"(failed x a\x0aok b\x0d\x1b[2J\xff)");
    EXPECT_EQ(to_line(answer, Form::json).find('\n'), std::string::npos);
}

TEST(Answer, ComesBackAsItWasSent)
{
    for (const auto form : {Form::text, Form::json})
        for (const auto& answer : {moved(), refused(), Answer{},
                                   Answer{.status = Status::error, .code = "usage", .message = "no"}}) {
            const auto back = read_answer(to_line(answer, form));
            EXPECT_EQ(back.status, answer.status);
            EXPECT_EQ(back.code, answer.code);
            EXPECT_EQ(back.message, answer.message);
            EXPECT_EQ(back.profile, answer.profile);
            EXPECT_EQ(back.owners.size(), answer.owners.size());
        }
    EXPECT_EQ(read_answer(to_line(moved(), Form::text)).owners, moved().owners);
}

TEST(Answer, KeepsWarningsApartFromWords)
{
    const auto back = read_answer("ok desk windows=a -- warning: undo will not know of this: x=y");

    EXPECT_EQ(back.profile, "desk");
    EXPECT_EQ(back.owners.size(), 1u);
    EXPECT_EQ(back.message, "warning: undo will not know of this: x=y");
}

TEST(Answer, IsAFailureWhereSomethingElseCame)
{
    for (const std::string line :
         {"", "SSH-2.0-OpenSSH", "{}", "{\"ok\":1}", "{\"ok\":false}", "okay", "{\"ok\":true", "\xff\x00"}) {
        const auto answer = read_answer(line);
        EXPECT_EQ(answer.status, Status::failed) << line;
        EXPECT_EQ(answer.code, "not-an-answer") << line;
        EXPECT_EQ(kind_of(answer), ErrorKind::failed);
    }
    EXPECT_EQ(read_answer("{\"ok\":" + std::string(200'000, '[')).code, "not-an-answer");
}

TEST(Answer, SurvivesEveryCut)
{
    for (const auto form : {Form::text, Form::json})
        for (const auto& answer : {moved(), refused()}) {
            const auto line = to_line(answer, form);
            for (std::size_t length = 0; length < line.size(); ++length)
                static_cast<void>(read_answer(line.substr(0, length)));
        }
}

TEST(Answer, HasTheKindThatItsCodeSays)
{
    const auto kind = [](Status status, const char* code) {
        return kind_of({.status = status, .code = code});
    };

    EXPECT_EQ(kind(Status::refused, "last-keyboard"), ErrorKind::refused);
    EXPECT_EQ(kind(Status::refused, "registers-unreadable"), ErrorKind::not_permitted);
    EXPECT_EQ(kind(Status::error, "no-such-connector"), ErrorKind::not_found);
    EXPECT_EQ(kind(Status::error, "usage"), ErrorKind::usage);
    EXPECT_EQ(kind(Status::error, "not-permitted"), ErrorKind::not_permitted);
    EXPECT_EQ(kind(Status::failed, "half-way"), ErrorKind::half_way);
    EXPECT_EQ(kind(Status::failed, "write-did-not-take"), ErrorKind::failed);
    EXPECT_EQ(kind(Status::failed, "guest-silent"), ErrorKind::timed_out);
    EXPECT_EQ(kind(Status::refused, "guest-silent"), ErrorKind::refused);
}

TEST(Event, ComesBackAsItWasSent)
{
    const std::vector<Event> events = {
        {.kind = EventKind::moved, .profile = "desk", .owners = {{"windows", {"a", "b"}}}},
        {.kind = EventKind::moved, .owners = {{"host", {"a"}}}},
        {.kind = EventKind::drift, .word = "XUSB2PR", .text = "0x3fff -> 0x3ff7"},
        {.kind = EventKind::arrived,
         .connector = "front-left",
         .word = "3-3",
         .text = "Logitech USB Keyboard (046d:c31c)"},
        {.kind = EventKind::left, .word = "1-1", .text = "a hub"},
        {.kind = EventKind::verdict, .connector = "front-left", .word = "confirmed", .text = "it is there"},
        {.kind = EventKind::guest, .word = "windows", .text = "is gone"},
        {.kind = EventKind::question,
         .connector = "rear-1",
         .word = "3-3",
         .text = "Ultra Fit (0781:5583)",
         .asks = QuestionNews{.answers = {"windows", "host"}, .seconds = 60}},
        {.kind = EventKind::question,
         .word = "3-3",
         .text = "Ultra Fit",
         .asks = QuestionNews{.turn = QuestionTurn::answered, .owner = "windows"}},
        {.kind = EventKind::question,
         .word = "3-3",
         .text = "windows 9000",
         .asks = QuestionNews{.turn = QuestionTurn::answered}},
        {.kind = EventKind::question,
         .word = "3-3",
         .text = "Ultra Fit",
         .asks = QuestionNews{.turn = QuestionTurn::expired, .owner = "host"}},
        {.kind = EventKind::question,
         .word = "3-3",
         .text = "Ultra Fit",
         .asks = QuestionNews{.turn = QuestionTurn::gone}},
    };

    for (const auto form : {Form::text, Form::json})
        for (const auto& event : events)
            EXPECT_EQ(read_event(to_line(event, form)), event) << to_line(event, form);
    EXPECT_EQ(to_line(events[4], Form::text), "event left - 1-1 a hub");
    EXPECT_EQ(to_line(events[7], Form::text),
              "event question rear-1 3-3 asked windows,host 60s Ultra Fit (0781:5583)");
    EXPECT_EQ(
        to_line(events[7], Form::json),
        R"x({"answers":["windows","host"],"connector":"rear-1","event":"question","place":"3-3","seconds":60,"state":"asked","text":"Ultra Fit (0781:5583)"})x");
    // Who has it now is not for a guest that is another one.
    EXPECT_EQ(to_line(events[9], Form::text), "event question - 3-3 answered - windows 9000");
}

TEST(Event, IsNothingElse)
{
    for (const std::string line :
         {"", "ok", "event", "event frobbed x", "{}", "{\"event\":1}", "{\"ok\":true}", "event\xff",
          "event question - 3-3", "event question - 3-3 asked", "event question - 3-3 asked , 60s x",
          "event question - 3-3 asked a,b soon x", "{\"event\":\"question\",\"state\":\"frobbed\"}"})
        EXPECT_EQ(read_event(line), std::nullopt) << line;
}

} // namespace
} // namespace usbroute::wire
