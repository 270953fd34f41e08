// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "wire/command.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace usbroute::wire {
namespace {

using config::Verb;

/// A command in one line, so that a test reads as "this text means that".
std::string seen(std::string_view line)
{
    const auto command = read_command(line);
    if (!command)
        return std::string(command.error().is_ours ? "ours: " : "foreign: ") + command.error().message;
    return to_line(*command);
}

/// Both directions: the text means itself.
void means_itself(const std::string& line) { EXPECT_EQ(seen(line), line); }

std::string json_seen(std::string_view line)
{
    auto command = read_command(line);
    if (!command)
        return std::string(command.error().is_ours ? "ours: " : "foreign: ") + command.error().message;
    EXPECT_EQ(command->form, Form::json);
    command->form = Form::text;
    return to_line(*command);
}

TEST(Command, AnAnswerSaysWhoAndWhereThereAreSeveralAboutWhat)
{
    EXPECT_EQ(seen("answer 3-2.1 to windows"), "answer 3-2.1 windows");
    EXPECT_EQ(seen("answer"),
              "ours: answer takes the device, where more than one is asked about, and who is to have it: "
              "answer 3-2.1 windows");
    EXPECT_EQ(seen("answer 3-2.1 3-2.2 windows"), seen("answer"));
    EXPECT_EQ(seen("answer windows always=0"), "ours: always takes no other value: say always=1");
    EXPECT_EQ(seen("move rear-1 windows always=1"), "ours: move takes no always; it is for an answer");
    EXPECT_EQ(json_seen(R"({"do":"answer","to":"windows"})"), "answer windows");
    EXPECT_EQ(json_seen(R"({"do":"answer","device":"3-2.1","to":"host","always":true})"),
              "answer 3-2.1 host always=1");
    EXPECT_EQ(json_seen(R"({"do":"answer","device":"3-2.1"})"), R"(ours: answer needs "to")");
    EXPECT_EQ(json_seen(R"({"do":"move","connectors":["a"],"to":"b","always":true})"),
              "ours: unknown key always");
    // What a device calls itself can be no word of a line.
    EXPECT_EQ(json_seen(R"({"do":"answer","device":"Ultra Fit","to":"host"})"),
              R"({"device":"Ultra Fit","do":"answer","to":"host"})");
}

TEST(Command, ReadsEveryVerb)
{
    for (const auto* line : {"status",
                             "regs",
                             "undo",
                             "confirm",
                             "why front-left",
                             "subscribe",
                             "toggle",
                             "toggle a",
                             "toggle a b",
                             "apply desk",
                             "move front-left windows",
                             "move front-left rear-1 windows",
                             "move bit3 ehci",
                             "plan toggle",
                             "assign windows look",
                             "assign windows plug-in 0000:02:00.0 rp1",
                             "assign windows plug-in 0000:02:00.0",
                             "assign windows take-out 0000:02:00.0",
                             "plan toggle a b",
                             "answer windows",
                             "answer 3-2.1 windows",
                             "answer 3-2.1 windows always=1",
                             "answer 046d:c31c none yes=1 force-disk=sdb revert-after=30s",
                             "plan answer 3-2.1 host always=1",
                             "plan undo",
                             "plan apply desk",
                             "plan move a b host"})
        means_itself(line);
}

TEST(Command, TakesToBeforeTheTarget)
{
    EXPECT_EQ(seen("move front-left to windows"), "move front-left windows");
    EXPECT_EQ(seen("move a b to host"), "move a b host");
    EXPECT_EQ(seen("move to host"), "move to host"); // a connector that is called "to"
    EXPECT_EQ(seen("move to to host"), "move to host");
}

TEST(Command, TellsHostAndSidesFromGuests)
{
    const auto target_of = [](std::string_view line) {
        return std::get<plan::MoveRequest>(read_command(line)->request->wish).to;
    };

    EXPECT_TRUE(std::holds_alternative<config::ToHost>(target_of("move a host")));
    EXPECT_EQ(target_of("move a ehci"), config::Target(topology::Side::ehci));
    EXPECT_EQ(target_of("move a windows"), config::Target(GuestName("windows")));
}

TEST(Command, TakesOptionsAsKeyAndValueAnywhereBehindTheVerb)
{
    means_itself("toggle yes=1");
    means_itself("move a b host yes=1 force-disk=sdb force-disk=sdc");
    EXPECT_EQ(seen("move force-disk=sdb a yes=1 host"), "move a host yes=1 force-disk=sdb");
    EXPECT_EQ(seen("plan toggle yes=1"), "plan toggle yes=1");
    EXPECT_EQ(seen("move yes host"), "move yes host"); // a connector that is called "yes"
}

TEST(Command, CarriesTheRequestThatIsToBePlanned)
{
    const auto command =
        read_command("plan move front rear to windows yes=1 force-disk=sdb revert-after=30s");

    ASSERT_TRUE(command && command->request);
    EXPECT_EQ(command->verb, config::Verb::plan);
    EXPECT_EQ(plan::text_of(command->request->wish), "move front rear to windows");
    EXPECT_TRUE(command->request->yes);
    EXPECT_EQ(command->request->force_disks, std::vector<std::string>{"sdb"});
    EXPECT_EQ(command->request->revert_after, std::chrono::seconds(30));
}

TEST(Command, OfWhatChangesNothingHasNoRequest)
{
    for (const auto* line : {"status", "why front", "regs", "confirm", "subscribe"}) {
        const auto command = read_command(line);

        ASSERT_TRUE(command) << line;
        EXPECT_FALSE(command->request) << line;
    }
}

TEST(Command, OfARequestIsReadAsThatRequest)
{
    const std::vector<plan::Wish> wishes{
        plan::MoveRequest{.connectors = {ConnectorName("front")}, .to = config::ToHost{}},
        plan::ApplyRequest{.profile = ProfileName("desk")},
        plan::ToggleRequest{.profiles = {ProfileName("desk"), ProfileName("home")}}, plan::UndoRequest{}};
    for (const auto form : {Form::text, Form::json})
        for (const auto& wish : wishes) {
            const auto command = read_command(to_line(command_of({.wish = wish, .yes = true}, form)));

            ASSERT_TRUE(command && command->request);
            EXPECT_EQ(plan::text_of(command->request->wish), plan::text_of(wish));
            EXPECT_TRUE(command->request->yes);
            EXPECT_EQ(command->form, form);
        }
}

TEST(Command, RefusesOptionsItDoesNotKnow)
{
    EXPECT_EQ(seen("toggle yes=0"), "ours: yes takes no other value: say yes=1");
    EXPECT_EQ(
        seen("toggle force=1"),
        "ours: there is no option force=1; known are yes=1, force-disk=NAME, revert-after=30s and always=1");
    EXPECT_EQ(seen("toggle force-disk=../x"), "ours: ../x cannot be the name of a disk");
    EXPECT_EQ(seen("status yes=1"), "ours: status takes no option");
}

TEST(Command, TakesTheTimeOfATrial)
{
    means_itself("toggle revert-after=30s");
    means_itself("move a host yes=1 revert-after=0s");
    EXPECT_EQ(seen("apply desk revert-after=2m"), "apply desk revert-after=120s");
    EXPECT_EQ(seen("toggle revert-after=30"), "toggle revert-after=30s");
    EXPECT_EQ(seen("toggle revert-after=1h"), "toggle revert-after=3600s");
    EXPECT_EQ(json_seen(R"({"do":"toggle","revert_after":30})"), "toggle revert-after=30s");
    EXPECT_EQ(json_seen(R"({"do":"toggle","revert_after":"2m"})"), "toggle revert-after=120s");
}

TEST(Command, RefusesATimeThatIsNone)
{
    for (const auto* time :
         {"", "s", "-1", "1.5s", "3601s", "2h", "61m", "30sec", "1500ms", "99999999999s", "0x10"})
        EXPECT_EQ(
            seen(std::string("toggle revert-after=") + time),
            format("ours: {} is not a valid trial time: write 1s to 1h, such as 30s or 2m, or 0 for no trial",
                   time));
    EXPECT_EQ(seen("toggle revert-after=1s revert-after=2s"), "ours: revert-after is given twice");
    EXPECT_EQ(seen("undo revert-after=1s"), "ours: undo cannot itself be a trial; leave out revert-after=");
    EXPECT_EQ(seen("status revert-after=1s"), "ours: status takes no option");
    EXPECT_TRUE(seen(R"({"do":"toggle","revert_after":-1})").starts_with("ours: revert_after: "));
    EXPECT_TRUE(seen(R"({"do":"toggle","revert_after":[1]})").starts_with("ours: revert_after: "));
    EXPECT_TRUE(seen(R"({"do":"toggle","revert_after":1.5})").starts_with("ours: revert_after: "));
}

TEST(Command, AsksWhyOfOneConnector)
{
    EXPECT_EQ(json_seen(R"({"do":"why","connector":"front"})"), "why front");
    EXPECT_EQ(seen("why"), "ours: why takes the name of one connector");
    EXPECT_EQ(seen("why a b"), "ours: why takes the name of one connector");
    EXPECT_EQ(seen("plan why a"), "ours: why cannot be planned: it changes nothing");
    EXPECT_EQ(seen("plan confirm"), "ours: confirm cannot be planned: it changes nothing");
}

TEST(Command, AsksForTheControllersOfAGuestInItsOwnWordsOnly)
{
    for (const auto* line :
         {"assign", "assign windows", "assign windows look 0000:02:00.0", "assign windows plug-in",
          "assign windows plug-in 02:00 rp1", "assign windows plug-in 0000:02:00.0 -rp1",
          "assign windows plug-in 0000:02:00.0 rp1 more", "assign windows take-out 0000:02:00.0 rp1",
          "assign .windows look", "assign windows give 0000:02:00.0"})
        EXPECT_TRUE(seen(line).starts_with("ours: assign takes a guest and look; or plug-in")) << seen(line);
    EXPECT_EQ(seen("plan assign windows look"), "ours: assign cannot be planned: it changes nothing");
    EXPECT_EQ(
        json_seen(R"({"do":"assign","guest":"windows","what":"plug-in","function":"02:00.0","place":"rp1"})"),
        "assign windows plug-in 0000:02:00.0 rp1");
    EXPECT_TRUE(
        json_seen(R"({"do":"assign","guest":"windows","function":"look"})").starts_with("ours: assign"));
}

TEST(Command, SaysWhatIsMissing)
{
    const std::string say_where = "ours: say what to move and where: move front-left windows";

    EXPECT_EQ(seen("move"), say_where);
    EXPECT_EQ(seen("move front-left"), say_where);
    EXPECT_EQ(seen("apply"), "ours: apply takes the name of one profile");
    EXPECT_EQ(seen("apply a b"), "ours: apply takes the name of one profile");
    EXPECT_EQ(seen("status now"), "ours: status takes no arguments");
    EXPECT_EQ(seen("plan"), "ours: say what to plan: plan move, apply, toggle, undo or answer");
    EXPECT_EQ(seen("plan plan"), "ours: say what to plan: plan move, apply, toggle, undo or answer");
    EXPECT_EQ(seen("plan status"), "ours: status cannot be planned: it changes nothing");
}

TEST(Command, TellsForeignLinesFromMistakes)
{
    EXPECT_EQ(seen("[    0.000000] Linux version 6.1"), "foreign: [ is not a command");
    EXPECT_EQ(seen("debian login:"), "foreign: debian is not a command");
    EXPECT_EQ(seen("TOGGLE"),
              "ours: TOGGLE is not a command: verbs are written in lower case, toggle; nothing was done");
    EXPECT_EQ(seen(""), "foreign: the line is empty");
    EXPECT_EQ(seen("   "), "foreign: the line is empty");
    EXPECT_EQ(seen("ok all-host"), "foreign: ok is not a command"); // our own answer, echoed
    EXPECT_EQ(seen("error usage x"), "foreign: error is not a command");
    EXPECT_EQ(seen(R"({"ok":true})"), R"(foreign: an object without "do" is not a command)");
}

TEST(Command, NoticesHttp)
{
    for (const auto* line :
         {"GET / HTTP/1.1", "POST /toggle HTTP/1.1", "HEAD / HTTP/1.0", "PRI * HTTP/2.0", "GET /"})
        EXPECT_TRUE(read_command(line).error().looks_like_http) << line;
    for (const auto* line : {"GET", "Host: localhost", "get /"})
        EXPECT_FALSE(read_command(line).error().looks_like_http) << line;
}

TEST(Command, ShowsForeignBytesOnlyInAFormThatCanBePrinted)
{
    EXPECT_EQ(seen("\x1b[2J"), R"(foreign: \x1b[2J is not a command)");
    EXPECT_EQ(seen(std::string("a\0b", 3)), R"(foreign: a\x00b is not a command)");
    EXPECT_EQ(seen("move a\xff b"), R"(ours: a\xff cannot be a name)");
    EXPECT_EQ(seen("apply ../../etc/passwd"), "ours: ../../etc/passwd cannot be a name");
    EXPECT_EQ(seen("apply -x"), "ours: -x cannot be a name");
}

TEST(Command, ReadsJson)
{
    EXPECT_EQ(
        json_seen(
            R"({"do":"move","connectors":["front-left"],"to":"windows","yes":true,"force_disks":["sdb"]})"),
        "move front-left windows yes=1 force-disk=sdb");
    EXPECT_EQ(json_seen(R"( { "do" : "toggle" , "profiles" : [ "a" , "b" ] } )"), "toggle a b");
    EXPECT_EQ(json_seen(R"({"do":"toggle"})"), "toggle");
    EXPECT_EQ(json_seen(R"({"do":"apply","profile":"x"})"), "apply x");
    EXPECT_EQ(json_seen(R"({"do":"plan","plan":{"do":"move","connectors":["a","b"],"to":"host"}})"),
              "plan move a b host");
    for (const auto* verb : {"status", "regs", "undo", "subscribe"})
        EXPECT_EQ(json_seen(std::string(R"({"do":")") + verb + R"("})"), verb);
}

TEST(Command, WritesJsonThatItReads)
{
    for (const auto* line : {"status", "regs", "undo", "subscribe", "toggle", "toggle a b yes=1",
                             "apply desk", "move a b windows yes=1 force-disk=sdb", "plan toggle",
                             "plan undo", "plan apply desk", "plan move a b host force-disk=sdb"}) {
        auto command = read_command(line);
        ASSERT_TRUE(command) << line;
        command->form = Form::json;
        EXPECT_EQ(json_seen(to_line(*command)), line);
    }
}

TEST(Command, RefusesJsonThatIsNotAsItShouldBe)
{
    EXPECT_EQ(seen(R"({"do":"toggle","profile":"x"})"), "ours: unknown key profile");
    EXPECT_EQ(seen(R"({"do":"move","connectors":"a","to":"host"})"),
              "ours: connectors must be a list of strings");
    EXPECT_EQ(seen(R"({"do":"move","connectors":[1],"to":"host"})"),
              "ours: connectors must be a list of strings");
    EXPECT_EQ(seen(R"({"do":"move","connectors":["a"]})"), R"(ours: move needs "connectors" and "to")");
    EXPECT_EQ(seen(R"({"do":"toggle","yes":"1"})"), "ours: yes must be true or false");
    EXPECT_EQ(seen(R"({"do":"apply","profile":null})"), "ours: profile must be a string");
    EXPECT_EQ(seen(R"({"do":1})"), "ours: do must be a string");
    EXPECT_EQ(seen("toogle"), "foreign: toogle is not a command; did you mean toggle?");
    EXPECT_EQ(seen(R"({"do":"toogle"})"), "ours: toogle is not a command; did you mean toggle?");
    EXPECT_TRUE(read_command(R"({"do":"toogle"})").error().is_unknown_verb);
    EXPECT_FALSE(read_command(R"({"do":{"do":"toggle"}})").error().is_unknown_verb) << "no word at all";
    EXPECT_EQ(seen(R"({"do":"frob"})"), "ours: frob is not a command");
    EXPECT_EQ(seen(R"({"do":"plan","plan":"toggle"})"),
              R"(ours: "plan" must be the command to plan, an object)");
    EXPECT_EQ(seen(R"({"do":"plan","plan":{"do":"plan"}})"),
              "ours: plan cannot be planned: it changes nothing");
    EXPECT_EQ(seen("{\"do\":\"move\",\"connectors\":[\"a\\nb\"],\"to\":\"host\"}"),
              R"(ours: a\x0ab cannot be a name)");
    EXPECT_EQ(seen("{\"do\":\"apply\",\"profile\":\"a\\nb\"}"), R"(ours: a\x0ab cannot be a name)");
}

TEST(Command, RefusesAKeyThatStandsThereTwice)
{
    EXPECT_EQ(seen(R"({"do":"toggle","do":"undo"})"), "ours: duplicate key do");
    EXPECT_EQ(seen(R"({"do":"plan","plan":{"do":"toggle","yes":true,"yes":true}})"),
              "ours: duplicate key yes");
}

TEST(Command, RefusesJsonThatIsTooDeep)
{
    const std::string sixteen =
        R"({"do":"toggle","profiles":)" + std::string(15, '[') + std::string(15, ']') + "}";
    const std::string seventeen =
        R"({"do":"toggle","profiles":)" + std::string(16, '[') + std::string(16, ']') + "}";

    EXPECT_EQ(seen(sixteen), "ours: profiles must be a list of strings");
    EXPECT_EQ(seen(seventeen), "ours: nested deeper than 16");
    EXPECT_EQ(seen("{\"a\":" + std::string(4000, '[')), "foreign: nested deeper than 16");
    EXPECT_EQ(seen("{\"a\":" + std::string(200'000, '[')), "foreign: a line has at most 4096 bytes");
    EXPECT_EQ(seen(std::string(200'000, '[')), "foreign: a line has at most 4096 bytes");
}

TEST(Command, RefusesWhatIsNotJson)
{
    EXPECT_EQ(seen("{"), "foreign: not JSON from byte 2 on");
    EXPECT_FALSE(read_command("{\"do\":\"toggle\"} {}"));
    EXPECT_FALSE(read_command("{\"do\":\"toggle\"}x"));
    EXPECT_FALSE(read_command("{\"do\":\"\xff\"}"));
    EXPECT_FALSE(read_command("{'do':'toggle'}"));
    EXPECT_FALSE(read_command("{\"do\":\"toggle\",\"n\":1e999999}"));
}

TEST(Command, SurvivesEveryCutOfEveryMessage)
{
    for (
        const std::string line :
        {R"({"do":"move","connectors":["front-left","rear-1"],"to":"windows","yes":true,"force_disks":["sdb"]})",
         R"({"do":"plan","plan":{"do":"toggle","profiles":["a","b"]}})",
         "move front-left rear-1 to windows yes=1", "plan move a to host",
         "toggle desk all-host force-disk=sdb"})
        for (std::size_t from = 0; from < line.size(); ++from)
            for (std::size_t length = 0; from + length <= line.size(); ++length) {
                const auto piece = line.substr(from, length);
                const auto command = read_command(piece);
                // What is cut is no JSON any more.
                if (piece.starts_with('{') && piece != line && from == 0) {
                    EXPECT_FALSE(command) << piece;
                }
                if (!command) {
                    EXPECT_FALSE(command.error().message.empty()) << piece;
                }
            }
}

TEST(Command, SurvivesRandomBytes)
{
    std::mt19937 random(20260101); // NOLINT(cert-msc32-c,cert-msc51-cpp): the same bytes each time
    const std::string alphabet = "{}[]\":,\\ndomvetgl=1 \t\x01\x7f\x80\xff\xc3\xa9";
    std::uniform_int_distribution<std::size_t> letter(0, alphabet.size() - 1);
    std::uniform_int_distribution<std::size_t> length(0, 60);
    for (int round = 0; round < 50'000; ++round) {
        std::string line = round % 2 == 0 ? "{\"do\":" : "move ";
        for (auto left = length(random); left > 0; --left) line += alphabet[letter(random)];
        const auto command = read_command(line);
        if (!command) {
            ASSERT_FALSE(command.error().message.empty());
        }
    }
}

} // namespace
} // namespace usbroute::wire
