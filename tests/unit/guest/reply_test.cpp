// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/screen.hpp"
#include "guest/reply.hpp"
#include "wire/answer.hpp"
#include "wire/event.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace usbroute::guest {
namespace {

TEST(GuestReply, IsAnAnswerInWords)
{
    const auto done = read_reply("ok desk-in-windows windows=front-left,rear-1");
    ASSERT_TRUE(done);
    EXPECT_EQ(done->code, ExitCode::done);
    EXPECT_EQ(done->line, "ok desk-in-windows windows=front-left,rear-1");

    const auto refused = read_reply("refused last-keyboard rear-1 holds the host's only keyboard");
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ExitCode::refused);
    EXPECT_EQ(refused->message, "rear-1 holds the host's only keyboard");
}

TEST(GuestReply, IsAnAnswerInJson)
{
    EXPECT_EQ(read_reply(R"({"ok":true,"owners":{"ok":["false"]}})")->code, ExitCode::done);
    const auto refused = read_reply(
        R"({"code":"last-keyboard","message":"\"ok\":true, \\ said the {","ok":false,"status":"refused"})");
    ASSERT_TRUE(refused);
    EXPECT_TRUE(refused->is_json);
    EXPECT_EQ(refused->code, ExitCode::refused);
    EXPECT_EQ(refused->message, R"("ok":true, \ said the {)");
}

// What firmware, boot loaders, kernels, login prompts and our own echo put on a serial line.
TEST(GuestReply, IsNoneOfWhatElseASerialLineBrings)
{
    for (const auto* noise : {"",
                              " ",
                              "SeaBIOS (version 1.16.2-debian-1.16.2-1)",
                              "Booting from Hard Disk...",
                              "GRUB loading.",
                              "error: no such device: 3f1e.",
                              "error loading operating system",
                              "failed to start sshd.service",
                              "failed command: READ FPDMA QUEUED",
                              "refused connection from 10.0.2.2",
                              "ok booting the kernel.",
                              "OK",
                              "okay",
                              "[  OK  ] Started Getty on ttyS0.",
                              "[FAILED] Failed to start x.",
                              "[    0.000000] Linux version 6.1.0-18-amd64",
                              "host login: ",
                              "toggle",
                              "move front-1 host",
                              R"({"do":"toggle"})",
                              R"({"do":"status","code":"x"})",
                              "{",
                              "{}",
                              R"({"ok":true)",
                              "\x1b[2J\x1b[01;01H",
                              "refused",
                              "refused last-keyboard",
                              "failed - x",
                              "failed -x y",
                              "error no-such- y",
                              "event"})
        EXPECT_FALSE(read_reply(noise)) << noise;
}

TEST(GuestReply, IsFoundBehindStrayBytes)
{
    const std::string line("\0\0\x07 ok all-host", 15);
    EXPECT_EQ(read_reply(line)->line, "ok all-host");
}

TEST(GuestReply, ReachesNoTerminalWithControlBytes)
{
    EXPECT_EQ(read_reply("ok -- \x1b]0;x\x07")->line, "ok -- \\x1b]0;x\\x07");
    EXPECT_EQ(read_reply("failed half-way \x9b"
                         "31m")
                  ->message,
              "\\x9b31m");
}

// Everything the daemon can say is understood, with the exit code that `usbroute` has for it.
TEST(GuestReply, MeansWhatTheCommandLineMakesOfIt)
{
    const std::vector<std::pair<wire::Status, std::vector<std::string>>> codes = {
        {wire::Status::refused,
         {"no-such-connector",
          "no-such-profile",
          "no-such-guest",
          "nothing-to-toggle",
          "nothing-to-undo",
          "changed-since",
          "no-mux",
          "several-muxes",
          "read-only-chip",
          "registers-unreadable",
          "connector-without-bit",
          "no-such-bit",
          "no-such-superspeed-port",
          "bit-not-movable",
          "no-twin",
          "nobody-behind-route",
          "no-driver",
          "guest-not-given",
          "not-the-guests-controller",
          "last-keyboard",
          "disk-in-use",
          "some-later-code"}},
        {wire::Status::failed,
         {"write-did-not-take", "lockdown", "not-permitted", "write-failed", "stale-plan", "half-way",
          "timed-out", "guest-silent", ""}},
        {wire::Status::error, {"usage", "not-a-command", "not-permitted", "busy", "too-long"}}};
    for (const auto& [status, words] : codes)
        for (const auto& code : words)
            for (const auto form : {wire::Form::text, wire::Form::json}) {
                const wire::Answer answer{
                    .status = status, .code = code, .message = "a sentence: with = and --"};
                const auto line = wire::to_line(answer, form);
                const auto reply = read_reply(line);
                ASSERT_TRUE(reply) << line;
                EXPECT_EQ(static_cast<int>(reply->code), cli::exit_code_of(wire::kind_of(answer))) << line;
                EXPECT_EQ(reply->message, answer.message) << line;
            }
}

TEST(GuestReply, UnderstandsEveryFormOfOk)
{
    for (const auto& answer : std::vector<wire::Answer>{
             {},
             {.message = "nothing to do", .warnings = {"a", "b"}},
             {.profile = "all-host"},
             {.profile = "all-host", .owners = {{"host", {"a", "b"}}, {"windows", {}}}, .warnings = {"w"}},
             {.owners = {{"host", {"a"}}}}})
        for (const auto form : {wire::Form::text, wire::Form::json}) {
            const auto line = wire::to_line(answer, form);
            const auto reply = read_reply(line);
            ASSERT_TRUE(reply) << line;
            EXPECT_EQ(reply->code, ExitCode::done) << line;
            EXPECT_EQ(reply->kind, Reply::Kind::answer) << line;
        }
}

TEST(GuestReply, TellsAnEventFromAnAnswer)
{
    const wire::Event event{.kind = wire::EventKind::lost};
    for (const auto form : {wire::Form::text, wire::Form::json}) {
        const auto reply = read_reply(wire::to_line(event, form));
        // "event lost" and its object
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->kind, Reply::Kind::event);
    }
}

std::string all_replies(const std::vector<std::string>& pieces)
{
    ReplyCutter cutter;
    std::string found;
    for (const auto& piece : pieces) {
        std::string_view rest(piece);
        while (const auto reply = cutter.next(rest)) found += reply->line + "|";
        EXPECT_EQ(rest, "");
    }
    return found;
}

TEST(GuestReplyCutter, FindsRepliesWhereverTheStreamIsCut)
{
    const std::string stream = "toggle\r\n[ 1.0] usb 1-1: new\r\nok all-host\r\nlogin: \rrefused no-mux x\n";
    for (std::size_t cut = 0; cut <= stream.size(); ++cut)
        EXPECT_EQ(all_replies({stream.substr(0, cut), stream.substr(cut)}), "ok all-host|refused no-mux x|");
}

TEST(GuestReplyCutter, HoldsNoLineWithoutEnd)
{
    std::vector<std::string> pieces(2000, std::string(1024, 'x'));
    pieces.emplace_back("\nok all-host\n");
    EXPECT_EQ(all_replies(pieces), "ok all-host|");
}

TEST(GuestReplyCutter, CountsWhatWasNoReply)
{
    ReplyCutter cutter;
    std::string_view rest = "login: \nok\n\n";
    while (cutter.next(rest)) {}
    EXPECT_EQ(cutter.noise(), 7U);
}

TEST(GuestObject, IsBelievedNothing)
{
    EXPECT_EQ(text_at(R"({"a":{"b":"inner"},"b" : "outer"})", "b"), "outer");
    EXPECT_EQ(text_at(R"({"a":["b",{"b":1}],"b":17})", "b"), "17");
    for (const auto* broken : {R"({"b)", R"({"b":)", R"({"b":")", "{\"b\\", R"({"a":"b"})",
                               R"({"a}":{"b":1})", R"(["b"])", "}{", "{]]]}", "{\"\\"})
        EXPECT_FALSE(text_at(broken, "b")) << broken;
}

} // namespace
} // namespace usbroute::guest
