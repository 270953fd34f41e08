// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/dialogue.hpp"
#include "daemon/guest_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

/// Does nothing, and remembers what it was asked.
class RecordingDesk final : public Desk {
public:
    bool is_known(Need, const wire::Command&) override { return true; }
    void answer(const Entrance&, const wire::Command& command, const std::string&, Answered answered) override
    {
        asked.push_back(wire::to_line(command));
        answered({.status = wire::Status::refused, .code = "changed-since", .message = remedy});
    }
    std::optional<std::string> why_not(const Asker&, const wire::Command& command) override
    {
        if (command.verb == config::Verb::undo) return "no undo here";
        return std::nullopt;
    }
    void after_answer() override {}
    void line_changed(const Entrance& entrance) override { speakers.push_back(entrance.speakers); }
    void complain(Entrance&, std::string_view) override { ++complaints; }

    std::string remedy = "the wires are elsewhere; move what you want moved by name";
    std::vector<std::string> asked;
    std::vector<std::size_t> speakers; ///< of a line, after each change
    int complaints = 0;
};

/// A guest's serial line.
struct Line {
    Entrance entrance{.settings = {.name = ListenerName("windows"), .guest = GuestName("windows")}};
    RecordingDesk desk;
    Dialogue dialogue{entrance, desk, "somebody"};
    std::chrono::milliseconds now{1h};

    std::string say(std::string_view bytes)
    {
        auto turn = dialogue.take(bytes, now);
        while (turn == Turn::more) turn = dialogue.go_on(now);
        return std::exchange(dialogue.output(), {});
    }
};

TEST(GuestLine, TakesEveryKindOfLineEnd)
{
    Line line;

    EXPECT_NE(line.say("toggle\n"), "");
    EXPECT_NE(line.say("toggle\r\n"), "");
    EXPECT_NE(line.say("toggle\r"), "");
    EXPECT_NE(line.say("\r\n\r\ntoggle\r\n\r\n"), "");

    EXPECT_EQ(line.desk.asked.size(), 4u);
    EXPECT_EQ(line.entrance.counts.commands, 4u);
    EXPECT_EQ(line.entrance.counts.noise, 0u);
}

TEST(GuestLine, DoesNotJoinWhatIsMinutesApart)
{
    Line line;
    EXPECT_EQ(line.say("tog"), "");
    line.now += 3min;

    EXPECT_EQ(line.say("gle\n"), "");

    EXPECT_TRUE(line.desk.asked.empty());
    EXPECT_EQ(line.entrance.counts.partials, 1u);
    EXPECT_EQ(line.entrance.counts.noise, 2u);
}

TEST(GuestLine, HearsACommandBehindAPromptThatStandsThere)
{
    Line line;
    EXPECT_EQ(line.say("\r\nDebian GNU/Linux 12 desk ttyS0\r\n\r\ndesk login: "), "");
    line.now += 10s;

    EXPECT_NE(line.say("toggle\r\n"), "");

    EXPECT_EQ(line.desk.asked, (std::vector<std::string>{"toggle"}));
}

TEST(GuestLine, WaitsForAPersonWhoTypesSlowly)
{
    Line line;

    for (const char key : std::string("toggle\r")) {
        line.now += 4s;
        static_cast<void>(line.say({&key, 1}));
    }

    EXPECT_EQ(line.desk.asked, (std::vector<std::string>{"toggle"}));
}

TEST(GuestLine, DropsWhatWasTooLongAndStaleAsOneLine)
{
    Line line;
    EXPECT_EQ(line.say(std::string(9000, 'x')), "");
    line.now += 1min;

    EXPECT_NE(line.say("toggle\n"), "");

    EXPECT_EQ(line.entrance.counts.partials, 1u);
}

TEST(GuestLine, CountsALineThatTheEndOfTheConnectionBrokeOff)
{
    Line line;
    EXPECT_EQ(line.say("toggl"), "");

    line.dialogue.end();

    EXPECT_EQ(line.entrance.counts.partials, 1u);
    EXPECT_TRUE(line.desk.asked.empty());
}

TEST(GuestLine, IsSilentToModemsToNulAndToEightBitNoise)
{
    Line line;

    EXPECT_EQ(line.say("AT\rATZ\rAT+CGMI\r+++"), "");
    EXPECT_EQ(line.say(std::string("\r\0\0\0toggle\r", 11)), "");
    EXPECT_EQ(line.say("\xff\xfe toggle\n\x9b[1mtoggle\n\x1b[2Jstatus\n"), "");

    EXPECT_TRUE(line.desk.asked.empty());
    EXPECT_EQ(line.entrance.counts.noise, 8u);
}

TEST(GuestLine, DoesNotObeyAPieceOfItsOwnAnswer)
{
    Line line;
    const auto answer = line.say("toggle\n");
    ASSERT_EQ(answer, "refused changed-since the wires are elsewhere; move what you want moved by name\n");
    line.now += 100ms;

    // A terminal that folds at its right edge sends the remedy as a line of its own, which reads like a command.
    EXPECT_EQ(
        line.say("refused changed-since the wires are elsewhere;\r\nmove what you want moved by name\r\n"),
        "");

    EXPECT_EQ(line.desk.asked, (std::vector<std::string>{"toggle"}));
    EXPECT_EQ(line.entrance.counts.echoes, 2u);
}

TEST(GuestLine, ObeysTheSameWordsLater)
{
    Line line;
    static_cast<void>(line.say("toggle\n"));
    line.now += 2s;

    EXPECT_NE(line.say("move what you want moved by name\n"), "");

    EXPECT_EQ(line.desk.asked.size(), 2u);
}

TEST(GuestLine, EndsAnEchoLoopWhateverIsEchoed)
{
    for (const std::string first :
         {"toggle\n", "move a\n", "{\"do\":\"frob\"}\n", "undo\n", "{\"do\":\"toggle\"}\n"}) {
        Line line;
        auto back = line.say(first);
        int rounds = 0;
        for (; !back.empty() && rounds < 10; ++rounds) {
            line.now += 20ms;
            back = line.say(back);
        }
        EXPECT_EQ(rounds, 1) << first;
    }
}

TEST(GuestLine, CarriesOutTwentyAtOnceAndThenTwoASecond)
{
    Line line;
    std::string many;
    for (int i = 0; i < 100; ++i) many += "toggle\n";

    const auto answers = line.say(many);
    EXPECT_EQ(line.desk.asked.size(), 20u);
    EXPECT_EQ(line.entrance.counts.limited, 80u);
    EXPECT_NE(
        answers.find(
            "error busy more than 120 changes a minute came over listener windows: nothing was done; try again in 1 s\n"),
        std::string::npos);
    EXPECT_EQ(std::count(answers.begin(), answers.end(), '\n'), 100);

    line.now += 10s;
    static_cast<void>(line.say(many));
    EXPECT_EQ(line.desk.asked.size(), 40u);
    line.now += 1s;
    static_cast<void>(line.say(many));
    EXPECT_EQ(line.desk.asked.size(), 42u);
}

TEST(GuestLine, HasNoLimitWhereTheConfigurationSaysSo)
{
    Line line;
    line.entrance.settings.per_minute = 0;

    for (int i = 0; i < 1000; ++i) static_cast<void>(line.say("toggle\n"));

    EXPECT_EQ(line.desk.asked.size(), 1000u);
}

TEST(GuestLine, ProvesItselfByWhatItsRightsCover)
{
    Line line;

    static_cast<void>(line.say("undo\nlogin: \nmove a\n"));
    EXPECT_TRUE(line.desk.speakers.empty());

    static_cast<void>(line.say("toggle\nstatus\n"));
    EXPECT_EQ(line.desk.speakers, (std::vector<std::size_t>{1}));
}

TEST(GuestLine, HasSpokenOnlyAsLongAsWhoSpokeIsThere)
{
    Line line;
    Dialogue second(line.entrance, line.desk, "somebody else");
    static_cast<void>(line.say("status\n"));
    EXPECT_EQ(line.entrance.speakers, 1u);

    line.dialogue.end();

    EXPECT_EQ(line.entrance.speakers, 0u);
    second.end();
    EXPECT_EQ(line.desk.speakers, (std::vector<std::size_t>{1, 0}));
}

TEST(GuestLine, SaysThatNothingCanBeCalledBackOverItWhenItHasSaidTooMuch)
{
    Line line;
    std::string many;
    for (int i = 0; i < 21; ++i) many += "toggle\n";

    static_cast<void>(line.say(many));

    EXPECT_EQ(line.desk.speakers.size(), 2u);
    EXPECT_FALSE(line.entrance.allowance.has_room(line.entrance.settings, line.now));
    EXPECT_TRUE(line.entrance.allowance.has_room(line.entrance.settings, line.now + 1s));
}

TEST(CommandLimit, DoesNotMindAClockThatStandsOrRunsBack)
{
    CommandLimit limit;
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(limit.admit(60, 1h));

    EXPECT_FALSE(limit.admit(60, 1h));
    EXPECT_FALSE(limit.admit(60, 1min));
    EXPECT_TRUE(limit.admit(60, 1min + 1s));
    EXPECT_TRUE(limit.admit(1'000'000, std::chrono::hours(24 * 365 * 100)));
}

TEST(GuestLine, PassesOverRecordedBootLogsInSilence)
{
    const std::filesystem::path logs = std::filesystem::path(USBROUTE_TEST_CORPUS) / "boot-logs";
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(logs)) {
        if (entry.path().extension() != ".log") continue;
        ++count;
        std::ostringstream text;
        text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
        for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
            Line line;
            const auto bytes = text.str();
            for (std::size_t at = 0; at < bytes.size(); at += piece)
                ASSERT_EQ(line.say(std::string_view(bytes).substr(at, piece)), "") << entry.path();
            EXPECT_TRUE(line.desk.asked.empty()) << entry.path();
            EXPECT_GT(line.entrance.counts.noise, 0u) << entry.path();
        }
    }
    EXPECT_GE(count, 5u);
}

/// 9600 baud, 8N1: 960 bytes a second at most. Four hours of them.
TEST(GuestLine, PassesOverFourHoursOfRandomBytesInSilence)
{
    Line line;
    std::mt19937_64 random(20261122);
    std::string bytes(std::size_t{960} * 60, '\0');

    for (int minute = 0; minute < 4 * 60; ++minute) {
        for (std::size_t i = 0; i < bytes.size(); i += 8) {
            const auto some = random();
            for (std::size_t j = 0; j < 8; ++j) bytes[i + j] = static_cast<char>(some >> (8 * j));
        }
        for (std::size_t at = 0; at < bytes.size(); at += 8192)
            ASSERT_EQ(line.say(std::string_view(bytes).substr(at, 8192)), "");
        line.now += 1min;
    }

    EXPECT_TRUE(line.desk.asked.empty());
    EXPECT_GT(line.entrance.counts.noise, 50'000u);
}

/// Noise made of our own words: the nearest that chance comes to a command.
TEST(GuestLine, ObeysOnlyWholeLinesInNoiseMadeOfOurWords)
{
    const std::vector<std::string> words = {"toggle", "tog",  "gle", " ",    "\r",   "\n", "status", "{",
                                            "}",      "move", "ok",  "host", "\x80", "=",  "\"do\"", "event"};
    Line line;
    line.entrance.settings.per_minute = 0;
    std::mt19937_64 random(5);
    std::string rest;
    std::size_t expected = 0;

    for (int i = 0; i < 100'000; ++i) {
        const auto& word = words[random() % words.size()];
        line.now += 2s; // no echo, and no pause
        static_cast<void>(line.say(word));
        if (word != "\r" && word != "\n") {
            rest += word;
            continue;
        }
        const auto read = wire::read_command(rest);
        if (read && read->verb != config::Verb::undo) ++expected;
        rest.clear();
    }

    EXPECT_GT(expected, 100u);
    EXPECT_EQ(line.desk.asked.size(), expected);
}

} // namespace
} // namespace usbroute::daemon
