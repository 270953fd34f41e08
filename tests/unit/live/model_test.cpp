// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "fakes/boards.hpp"
#include "live/model.hpp"
#include "plan/plan.hpp"
#include "report/spoken.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace usbroute::live {
namespace {

constexpr Key up{.press = Press::up}, down{.press = Press::down}, left{.press = Press::left},
    right{.press = Press::right}, enter{.press = Press::enter}, escape{.press = Press::escape};
constexpr Key letter(char c) { return {.press = Press::letter, .letter = c}; }

report::StatusView recorded_view(const std::string& name = "z97-guest")
{
    const auto machine = fakes::recorded(name);
    return report::status_view(machine.snapshot, machine.settings, machine.use);
}

/// Intents as text: "look", "quit", and commands as their words of the protocol.
std::string words(const std::vector<Intent>& intents)
{
    std::vector<std::string> all;
    for (const auto& intent : intents) {
        if (std::holds_alternative<Look>(intent)) all.emplace_back("look");
        if (std::holds_alternative<Quit>(intent)) all.emplace_back("quit");
        if (const auto* act = std::get_if<Act>(&intent)) {
            auto command = act->command;
            command.form = wire::Form::text;
            all.push_back(wire::to_line(command));
        }
    }
    return join(all, "; ");
}

std::string text_of(const Screen& screen)
{
    return report::text_of(screen.lines, {.colour = false, .unicode = true, .width = 0});
}

/// A model that has seen a machine, in a terminal of 100 by 40.
Model model_of(const report::StatusView& view)
{
    Model model({.colour = false, .unicode = true, .width = 0});
    model.resize({.rows = 40, .columns = 100});
    model.see(view);
    return model;
}

bool shows(const Model& model, std::string_view text)
{
    return text_of(model.screen()).find(text) != std::string::npos;
}

wire::Answer refusal(std::string code, std::string message)
{
    return {.status = wire::Status::refused, .code = std::move(code), .message = std::move(message)};
}

TEST(Live, ArrowKeysGoToTheNextSocketOnTheCase)
{
    auto model = model_of(recorded_view());
    EXPECT_TRUE(shows(model, "╔H rear-1"));

    const std::vector<std::pair<Key, std::string>> way{
        {right, "╔H rear-3"}, {right, "╔H rear-5"}, {right, "╔H rear-5"},   {down, "╔H rear-6"},
        {left, "╔H rear-4"},  {up, "╔H rear-3"},    {up, "╔H rear-3"},      {down, "╔H rear-4"},
        {down, "╔H front-2"}, {left, "╔W front-1"}, {down, "╔H internal-1"}};
    for (const auto& [key, expected] : way) {
        EXPECT_EQ(words(model.press(key)), "");
        EXPECT_TRUE(shows(model, expected)) << expected << "\n" << text_of(model.screen());
    }
}

TEST(Live, EnterMovesToTheOtherOwnerAndBack)
{
    auto view = recorded_view();
    auto model = model_of(view);

    EXPECT_EQ(words(model.press(enter)), "move rear-1 windows");
    EXPECT_EQ(words(model.hear(wire::Answer{})), "look");
    view.connectors[0].owner = "windows";
    model.see(view);
    EXPECT_EQ(words(model.press(enter)), "move rear-1 host");
}

TEST(Live, EnterMovesToTheOtherSideWhereNoGuestHasAController)
{
    auto view = recorded_view("z97e-itx-ac");
    auto model = model_of(view);

    EXPECT_EQ(words(model.press(enter)), "move rear-1 ehci");
    EXPECT_EQ(words(model.hear(wire::Answer{})), "look");
    view.connectors[0].side = "ehci";
    model.see(view);
    EXPECT_EQ(words(model.press(enter)), "move rear-1 xhci");
}

TEST(Live, WithoutAMuxASocketGoesToAGuestThatTakesDevices)
{
    auto machine = fakes::recorded("amd-a520m");
    machine.settings.guests.front().controllers.clear();
    machine.settings.guests.front().qmp = "/run/windows.qmp";
    auto view = report::status_view(machine.snapshot, machine.settings, machine.use);
    auto model = model_of(view);

    EXPECT_EQ(words(model.press(enter)), "move rear-1 windows");
    EXPECT_EQ(words(model.hear(wire::Answer{})), "look");
    view.connectors[0].owner = "windows";
    model.see(view);
    EXPECT_EQ(words(model.press(letter('T'))), "move rear-1 host revert-after=30s");
    EXPECT_EQ(words(model.hear(wire::Answer{})), "look");

    EXPECT_EQ(words(model.press(letter('m'))), "");
    EXPECT_TRUE(shows(model, "> 1 the host")) << text_of(model.screen());
    EXPECT_TRUE(shows(model, "  2 nobody, until somebody moves it on"));
    EXPECT_EQ(words(model.press(letter('2'))), "move rear-1 none");
}

report::QuestionView question_at(std::string place)
{
    return {.place = std::move(place),
            .connector = "rear-1",
            .name = "Ultra Fit (0781:5583)",
            .rule = "sticks",
            .answers = {"windows", "host"},
            .seconds = 42};
}

TEST(Live, AKeyAnswersTheQuestionThatIsShown)
{
    auto view = recorded_view();
    view.questions = {question_at("3-2.1")};
    auto model = model_of(view);
    EXPECT_TRUE(shows(model, "a answers: who is to have Ultra Fit? windows or host; the host in 42 s"));
    EXPECT_TRUE(model.counts_down());

    EXPECT_EQ(words(model.press(letter('a'))), "");
    EXPECT_TRUE(shows(model, "Who is to have Ultra Fit (0781:5583) at 3-2.1?"));
    EXPECT_TRUE(shows(model, "> 1 windows"));
    EXPECT_TRUE(shows(model, "  2 the host"));
    EXPECT_EQ(words(model.press(letter('2'))), "answer 3-2.1 host");
    EXPECT_TRUE(shows(model, "a answers")); // until the daemon says that it is closed
    EXPECT_EQ(words(model.hear(wire::Answer{})), "look");
    view.questions.clear();
    model.see(view);
    EXPECT_FALSE(shows(model, "a answers"));
    EXPECT_EQ(words(model.press(letter('a'))), "");
    EXPECT_TRUE(shows(model, "no question is open"));
}

TEST(Live, AnAnswerNeverGoesToAnotherQuestionThanTheOneThatWasShown)
{
    auto view = recorded_view();
    view.questions = {question_at("3-2.1")};
    auto model = model_of(view);
    EXPECT_EQ(words(model.press(letter('a'))), "");

    // It is closed by somebody else, and another one opens in the same moment.
    view.questions = {question_at("3-9")};
    model.see(view);

    EXPECT_TRUE(shows(model, "the question about Ultra Fit (0781:5583) is closed"));
    EXPECT_EQ(words(model.press(letter('1'))), "");
}

TEST(Live, TellsHowAQuestionEnds)
{
    auto model = model_of(recorded_view());
    wire::Event event{.kind = wire::EventKind::question,
                      .connector = "rear-1",
                      .word = "3-3",
                      .text = "Ultra Fit",
                      .asks = wire::QuestionNews{
                          .turn = wire::QuestionTurn::expired, .answers = {}, .seconds = 0, .owner = "host"}};
    EXPECT_EQ(words(model.hear(event)), "look");
    EXPECT_TRUE(shows(model, "rear-1: nobody answered for Ultra Fit: host has it"));
}

TEST(Live, EnterAsksWhereThereAreSeveralGuests)
{
    auto view = recorded_view();
    auto another = view.controllers.back();
    another.owner = "linux";
    view.controllers.push_back(another);
    auto model = model_of(view);

    EXPECT_EQ(words(model.press(enter)), "");
    EXPECT_TRUE(shows(model, "> 1 windows\n  2 linux\n  3 EHCI")) << text_of(model.screen());
    EXPECT_EQ(words(model.press(down)), "");
    EXPECT_EQ(words(model.press(enter)), "move rear-1 linux");
}

TEST(Live, AMenuIsLeftWithoutMovingAnything)
{
    auto model = model_of(recorded_view());

    EXPECT_EQ(words(model.press(letter('m'))), "");
    EXPECT_TRUE(shows(model, "Where should rear-1 go?"));
    EXPECT_EQ(words(model.press(letter('9'))), "");
    EXPECT_EQ(words(model.press(escape)), "");
    EXPECT_FALSE(shows(model, "Where should rear-1 go?"));
    EXPECT_EQ(words(model.press(letter('m'))), "");
    EXPECT_EQ(words(model.press(letter('2'))), "move rear-1 ehci");
}

TEST(Live, WhatIsDangerousIsDoneOnlyAfterAYes)
{
    auto model = model_of(recorded_view());
    EXPECT_EQ(words(model.press(enter)), "move rear-1 windows");

    EXPECT_EQ(words(model.hear(refusal("last-keyboard", "rear-1 holds the host's only keyboard"))), "look");

    EXPECT_TRUE(shows(model, "rear-1 holds the host's only keyboard\nDo it anyway? y/t/n"))
        << text_of(model.screen());
    for (const auto key : {enter, up, letter('m'), letter('u')}) EXPECT_EQ(words(model.press(key)), "");
    EXPECT_EQ(words(model.press(letter('y'))), "move rear-1 windows yes=1");
    EXPECT_EQ(words(model.hear(refusal("last-keyboard", "still no"))), "look");
    EXPECT_FALSE(shows(model, "Do it anyway?"));
    EXPECT_TRUE(shows(model, "refused: still no"));
}

TEST(Live, AnUndoIsNotTried)
{
    auto model = model_of(recorded_view());
    EXPECT_EQ(words(model.press(letter('u'))), "undo");
    EXPECT_EQ(words(model.hear(refusal("last-keyboard", "no"))), "look");

    EXPECT_TRUE(shows(model, "Do it anyway? y/n")) << text_of(model.screen());
    EXPECT_EQ(words(model.press(letter('t'))), "");
    EXPECT_EQ(words(model.press(letter('y'))), "undo yes=1");
}

TEST(Live, ANoLeavesEverythingAsItIs)
{
    auto model = model_of(recorded_view());
    EXPECT_EQ(words(model.press(letter('t'))), "toggle");
    EXPECT_EQ(words(model.hear(refusal("last-keyboard", "no"))), "look");

    EXPECT_EQ(words(model.press(letter('n'))), "");

    EXPECT_TRUE(shows(model, "left as it is"));
    EXPECT_EQ(words(model.press(letter('y'))), "");
}

TEST(Live, ARefusalThatYesDoesNotLiftIsOnlySaid)
{
    auto model = model_of(recorded_view());
    EXPECT_EQ(words(model.press(enter)), "move rear-1 windows");

    EXPECT_EQ(words(model.hear(refusal("disk-in-use", "rear-1 holds disk sdb; unmount it"))), "look");

    EXPECT_TRUE(shows(model, "refused: rear-1 holds disk sdb; unmount it"));
    EXPECT_EQ(words(model.press(letter('y'))), "");
}

TEST(Live, ACapitalTTriesTheMoveForHalfAMinute)
{
    auto model = model_of(recorded_view());

    EXPECT_EQ(words(model.press(letter('T'))), "move rear-1 windows revert-after=30s");
}

TEST(Live, WhatIsDangerousCanBeTried)
{
    auto model = model_of(recorded_view());
    EXPECT_EQ(words(model.press(enter)), "move rear-1 windows");
    EXPECT_EQ(words(model.hear(refusal("last-keyboard", "it is the last"))), "look");
    EXPECT_TRUE(shows(model, "t try it for 30 s")) << text_of(model.screen());

    EXPECT_EQ(words(model.press(letter('t'))), "move rear-1 windows revert-after=30s");
}

TEST(Live, ADeadSideCannotBeTried)
{
    auto model = model_of(recorded_view());
    (void)model.press(enter);
    (void)model.hear(refusal("no-driver", "nobody is there"));
    EXPECT_FALSE(shows(model, "t try it"));

    EXPECT_EQ(words(model.press(letter('t'))), "");
}

/// What the planner says of a move.
std::string refusal_of(const topology::Snapshot& snapshot, const char* connector, const char* to)
{
    const topology::HostUse nothing_in_use;
    const auto settings = fakes::settings();
    const auto outcome = plan::make_plan(
        {.snapshot = snapshot,
         .settings = settings,
         .use = nothing_in_use,
         .last_change = {},
         .standing = {}},
        {.wish = plan::MoveRequest{.connectors = {ConnectorName(connector)}, .to = config::target_from(to)}});
    const auto* refused = std::get_if<plan::Refusal>(&outcome);
    return refused == nullptr ? std::string("it is not refused") : plan::text_of(*refused);
}

TEST(Live, ARefusalSpeaksOfKeysAndNotOfOptions)
{
    auto with_keyboard = fakes::z97();
    fakes::plug_keyboard(with_keyboard, "3-3");
    fakes::controller(with_keyboard, "0000:00:1a.0").driver = "vfio-pci";
    fakes::controller(with_keyboard, "0000:00:1d.0").driver = "vfio-pci";
    auto undriven = fakes::z97();
    fakes::controller(undriven, "0000:00:1d.0").driver.clear();

    const auto keyboard = report::as_keys(refusal_of(with_keyboard, "keys", "windows"));
    const auto dead = report::as_keys(refusal_of(undriven, "keys", "ehci"));

    EXPECT_NE(keyboard.find("try it with a way back (t), say yes (y)"), std::string::npos) << keyboard;
    EXPECT_NE(dead.find("(y)"), std::string::npos) << dead;
    for (const auto& text : {keyboard, dead}) {
        EXPECT_EQ(text.find("--"), std::string::npos) << text;
        EXPECT_EQ(text.find("yes=1"), std::string::npos) << text;
    }
}

TEST(Live, TellsTheLettersInATerminalOf80By24)
{
    auto model = model_of(recorded_view());
    model.resize({.rows = 24, .columns = 80});

    EXPECT_TRUE(shows(model, "H host   W windows")) << text_of(model.screen());
}

TEST(Live, ShowsWhatWasLastSeenInAGuestsSocket)
{
    auto view = recorded_view();
    view.connectors[0].owner = "windows";
    view.connectors[0].devices.clear();
    view.connectors[0].last_seen = "Logitech USB Keyboard";
    const auto model = model_of(view);

    EXPECT_TRUE(shows(model, "last seen: Logitech USB Keyboard")) << text_of(model.screen());
}

TEST(Live, ASocketThatCannotMoveSaysWhy)
{
    auto view = recorded_view();
    view.connectors[0].movable = false;
    view.connectors[0].why_not = "firmware does not let its bit move";
    auto model = model_of(view);

    EXPECT_EQ(words(model.press(enter)), "");
    EXPECT_TRUE(shows(model, "rear-1 cannot move: firmware does not let its bit move"));
}

TEST(Live, OneThingIsDoneAtATime)
{
    auto model = model_of(recorded_view());
    EXPECT_EQ(words(model.press(letter('t'))), "toggle");

    EXPECT_EQ(words(model.press(letter('t'))), "");
    EXPECT_EQ(words(model.press(enter)), "");
    EXPECT_TRUE(shows(model, "not yet: still toggling"));
    EXPECT_EQ(words(model.hear(wire::Answer{})), "look");
    EXPECT_EQ(words(model.press(letter('u'))), "undo");
}

TEST(Live, EveryEventIsSaidAndLookedAfter)
{
    auto model = model_of(recorded_view());

    for (const auto* line :
         {"event moved desk windows=rear-1,rear-2", "event moved ehci=rear-3",
          "event drift XUSB2PR 0x1 -> 0x2", "event arrived rear-3 3-9 Camera", "event left - 3-1 Mouse",
          "event verdict rear-1 contradicted it is there", "event lost"})
        EXPECT_EQ(words(model.hear(*wire::read_event(line))), "look") << line;

    for (const auto* text :
         {"windows has rear-1, rear-2; profile desk", "rear-3 is on EHCI",
          "somebody else wrote XUSB2PR: 0x1 -> 0x2", "rear-3: Camera is at 3-9 now",
          "elsewhere: Mouse has left", "rear-1: contradicted, it is there", "some events are missing here"})
        EXPECT_TRUE(shows(model, text)) << text << "\n" << text_of(model.screen());
}

TEST(Live, ALostDaemonIsSaidAndNothingIsSentToIt)
{
    auto model = model_of(recorded_view());
    EXPECT_EQ(words(model.press(letter('t'))), "toggle");

    model.lose(Error(ErrorKind::unreachable, "the daemon has gone"));

    EXPECT_TRUE(shows(model, "NOT CONNECTED"));
    EXPECT_TRUE(shows(model, "the daemon has gone"));
    EXPECT_TRUE(shows(model, "not known whether it was done: toggling"));
    for (const auto key : {enter, letter('t'), letter('u'), letter('m')})
        EXPECT_EQ(words(model.press(key)), "");
    model.see(recorded_view());
    EXPECT_FALSE(shows(model, "NOT CONNECTED"));
    EXPECT_TRUE(shows(model, "the daemon is there again"));
    EXPECT_EQ(words(model.press(letter('t'))), "toggle");
}

TEST(Live, KeepsTheChoiceWhileSocketsChangeAndFindsANewOneWhenItIsGone)
{
    auto view = recorded_view();
    auto model = model_of(view);
    EXPECT_EQ(words(model.press(right)), "");

    std::ranges::reverse(view.connectors);
    model.see(view);
    EXPECT_TRUE(shows(model, "╔H rear-3"));

    std::erase_if(view.connectors, [](const auto& connector) { return connector.name == "rear-3"; });
    model.see(view);
    EXPECT_TRUE(shows(model, "╔")) << text_of(model.screen());
    view.connectors.clear();
    model.see(view);
    EXPECT_EQ(words(model.press(enter)), "");
    EXPECT_TRUE(shows(model, "No connector is known here"));
}

TEST(Live, QuitsFromThePictureAndGoesBackFromHelp)
{
    auto model = model_of(recorded_view());

    EXPECT_EQ(words(model.press(letter('?'))), "");
    EXPECT_TRUE(shows(model, "undo the last change"));
    EXPECT_EQ(words(model.press(letter('q'))), "");
    EXPECT_FALSE(shows(model, "undo the last change"));
    EXPECT_EQ(words(model.press(letter('q'))), "quit");
}

TEST(Live, KeepsTheChosenSocketInSightWhenThereIsRoomForOne)
{
    for (std::size_t rows = 7; rows <= 60; ++rows) {
        auto model = model_of(recorded_view());
        model.resize({.rows = rows, .columns = 80});
        for (const auto key : {down, down, down, down, down, right, right})
            EXPECT_EQ(words(model.press(key)), "");
        ASSERT_TRUE(shows(model, "╔H internal-6")) << rows << "\n" << text_of(model.screen());
    }
}

TEST(Live, ShowsTheQuestionInTheSmallestTerminal)
{
    for (std::size_t rows = 1; rows <= 12; ++rows) {
        auto model = model_of(recorded_view());
        EXPECT_EQ(words(model.press(enter)), "move rear-1 windows");
        EXPECT_EQ(
            words(model.hear(refusal("last-keyboard", std::string(300, 'x') + " " + std::string(300, 'y')))),
            "look");
        model.resize({.rows = rows, .columns = 20});
        ASSERT_TRUE(shows(model, "Do it anyway? y/t/n")) << rows << "\n" << text_of(model.screen());
    }
}

TEST(Live, NeverDrawsBeyondTheTerminalWhateverItsSize)
{
    auto hostile = recorded_view();
    hostile.connectors[0].devices.front().name = "\x1b[2J" + std::string(500, 'x');
    hostile.connectors[1].devices.front().name = "键盘键盘键盘键盘键盘键盘键盘键盘";
    hostile.profile = std::string(300, 'p');
    for (const bool unicode : {true, false}) {
        Model model({.colour = false, .unicode = unicode, .width = 0});
        for (const int phase : {0, 1, 2, 3, 4, 5}) {
            if (phase == 1) model.see(hostile);
            if (phase == 2) {
                EXPECT_EQ(words(model.hear(*wire::read_event("event left - 3-1 \x1b]0;x\x07键盘"))), "look");
            }
            if (phase == 3) {
                EXPECT_EQ(words(model.press(letter('m'))), "");
            }
            if (phase == 4) {
                EXPECT_EQ(words(model.press(letter('1'))), "move rear-1 windows");
                EXPECT_EQ(words(model.hear(refusal("last-keyboard", "no\x1b[2J" + std::string(400, '!')))),
                          "look");
            }
            if (phase == 5) {
                EXPECT_EQ(words(model.press(letter('n'))), "");
                EXPECT_EQ(words(model.press(letter('?'))), "");
            }
            for (const std::size_t rows : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 9U, 12U, 16U, 24U, 50U}) {
                for (std::size_t columns = 4; columns <= 120; columns += 4) {
                    model.resize({.rows = rows, .columns = columns});
                    const auto screen = model.screen();
                    ASSERT_LE(screen.lines.size(), rows);
                    for (const auto& line : screen.lines) {
                        ASSERT_LE(report::width_of(line), columns) << phase << " " << rows << "x" << columns;
                        for (const auto& span : line)
                            ASSERT_TRUE(std::ranges::none_of(span.text, [&](char c) {
                                return (c >= 0 && c < ' ') || c == 0x7f || (!unicode && c < 0);
                            })) << span.text;
                    }
                }
            }
        }
    }
}

} // namespace
} // namespace usbroute::live
