// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Devices that are for somebody by a rule, or because somebody has moved them by their name: any order of device, guest, rule
// and daemon gives one result.

#include "base/format.hpp"
#include "base/text.hpp"
#include "fakes/given_life.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::daemon {
namespace {

using fakes::GivenLife;

constexpr std::string_view keyboards_to_windows = R"(
[rule.keyboards]
match = { id = "046d:c31c" }
to = "windows"
)";
constexpr std::string_view stick = "781/5583/100";

struct RuledLife {
    RuledLife()
    {
        life.daemon_starts();
        life.settle();
    }

    /// "plug 3-3", "plug 3-3 stick", "unplug 3-3", "start windows", "quit windows", "kill windows", "move 3-3 linux", "rule", "no-rule",
    /// "restart", "boot", "sleep"
    void happens(const std::string& event)
    {
        const auto words = split(event, ' ');
        const auto of = std::string(words.size() > 1 ? words[1] : std::string_view());
        if (words[0] == "plug") life.plug(of, words.size() > 2 ? std::string(stick) : "46d/c31c/100");
        if (words[0] == "unplug") life.unplug(of);
        if (words[0] == "start" && !life.is_on(of)) life.guest_starts(of);
        if (words[0] == "quit") life.guest_quits(of);
        if (words[0] == "kill") life.guest_is_killed(of);
        if (words[0] == "move") life.move(of, words[2]);
        if (words[0] == "rule") life.configure(rule);
        if (words[0] == "no-rule") life.configure({});
        if (words[0] == "sleep") life.sleep();
        if (words[0] == "boot") life.boot();
        if (words[0] == "restart") {
            life.daemon_is_killed();
            life.daemon_starts();
        }
        life.settle();
    }
    /// What was told of them.
    [[nodiscard]] std::string questions() const
    {
        std::string told;
        for (const auto line : split(life.heard, '\n'))
            if (line.starts_with("event question ")) told += std::string(line) + "\n";
        return told;
    }
    /// What is answered to this.
    [[nodiscard]] std::string says(const std::string& line)
    {
        life.said.clear();
        life.ask(line);
        life.settle();
        return std::string(trim(life.said));
    }
    [[nodiscard]] std::string after(const std::vector<std::string>& events)
    {
        for (const auto& event : events) happens(event);
        return life.shown();
    }

    std::string rule{keyboards_to_windows};
    GivenLife life;
};

/// What comes of these events in every order.
void expect_always(std::vector<std::string> events, std::string_view shown,
                   const std::vector<std::string>& before = {}, std::string_view rule = keyboards_to_windows)
{
    std::ranges::sort(events);
    do {
        RuledLife ruled;
        ruled.rule = rule;
        std::string trace;
        for (const auto& event : before) ruled.happens(event);
        for (const auto& event : events) {
            trace += event + ", ";
            ruled.happens(event);
        }
        EXPECT_EQ(ruled.life.shown(), shown) << trace << "\n" << ruled.life.heard;
    } while (std::ranges::next_permutation(events).found);
}

TEST(Rules, DeviceGuestRuleAndDaemonMayComeInAnyOrder)
{
    // In no socket of the configuration: its port is not claimed.
    expect_always({"plug 3-3", "start windows", "rule", "restart"}, "3-3 windows");
    // In a socket that is the host's.
    expect_always({"plug 3-1", "start windows", "rule", "restart"}, "3-1 windows");
}

TEST(Rules, DeviceGuestRuleAndDaemonMayGoInAnyOrder)
{
    const std::vector<std::string> given{"plug 3-3", "start windows", "rule"};
    expect_always({"quit windows", "restart", "no-rule"}, "3-3 host", given);
    expect_always({"kill windows", "restart"}, "3-3 host", given);
    expect_always({"unplug 3-3", "no-rule", "restart"}, "", given);
    expect_always({"no-rule", "restart", "sleep"}, "3-3 host", given);
}

TEST(Rules, WhereTheLastRuleGoesAndThereIsNoSocketTheDeviceComesHome)
{
    RuledLife ruled;
    ruled.life.has_sockets = false;
    EXPECT_EQ(ruled.after({"rule", "plug 3-3", "start windows"}), "3-3 windows");

    EXPECT_EQ(ruled.after({"no-rule"}), "3-3 host");
}

TEST(Rules, ADeviceOfARuleInAnothersSocketIsWithWhomTheRuleSays)
{
    expect_always({"plug 3-1", "start windows", "start linux", "rule", "move left linux"},
                  "3-1 windows [3-1]");
    expect_always({"plug 3-1 stick", "start windows", "start linux", "rule", "move left linux"},
                  "3-1 linux [3-1]");
}

TEST(Rules, WhatARuleKeepsWithTheHostComesHomeFromAGuestsSocket)
{
    constexpr std::string_view home = "[rule.home]\nmatch = { id = \"046d:c31c\" }\nto = \"host\"\n";
    expect_always({"plug 3-1", "start linux", "rule", "move left linux", "restart"}, "3-1 host", {}, home);
    // What is plugged in there next is the socket's again.
    expect_always({"unplug 3-1", "restart"}, " [3-1]", {"plug 3-1", "start linux", "rule", "move left linux"},
                  home);
}

TEST(Rules, NobodyHasWhatARuleLeavesToNobody)
{
    constexpr std::string_view nobody = "[rule.nobody]\nmatch = { id = \"046d:c31c\" }\nto = \"none\"\n";
    expect_always({"plug 3-3", "rule", "restart"}, "3-3 nobody", {}, nobody);
    expect_always({"no-rule", "restart"}, "3-3 host", {"plug 3-3", "rule"}, nobody);
}

TEST(Rules, ASocketOfARuleIsTheGuestsBeforeAnythingIsPluggedIn)
{
    constexpr std::string_view left = "[rule.left]\nmatch = { socket = \"left\" }\nto = \"windows\"\n";
    expect_always({"start windows", "rule", "restart"}, " [3-1]", {}, left);
    expect_always({"plug 3-1 stick", "start windows", "rule", "restart"}, "3-1 windows [3-1]", {}, left);
    // Somebody says otherwise, and it stays so.
    RuledLife ruled;
    ruled.rule = left;
    EXPECT_EQ(ruled.after({"rule", "start windows", "plug 3-1", "move left host", "restart"}), "3-1 host");
    EXPECT_EQ(ruled.after({"unplug 3-1", "plug 3-1 stick"}), "3-1 host");
}

TEST(Rules, AHubIsNeverGivenAndWhatIsBehindItIs)
{
    RuledLife ruled;
    ruled.life.nodes.plug_hub(GivenLife::at("3-3"), 4);
    EXPECT_EQ(ruled.after({"rule", "start windows", "plug 3-3.2"}), "3-3 host, 3-3.2 windows");
}

TEST(Rules, ADeviceIsMovedByItsNameWhateverItsRule)
{
    RuledLife ruled;
    EXPECT_EQ(ruled.after({"rule", "plug 3-3", "start windows", "start linux", "move 3-3 linux"}),
              "3-3 linux");
    EXPECT_NE(ruled.life.said.find("ok "), std::string::npos) << ruled.life.said;
    EXPECT_EQ(ruled.after({"restart", "sleep"}), "3-3 linux");
    ruled.life.ask("undo");
    ruled.life.settle();
    EXPECT_EQ(ruled.life.shown(), "3-3 windows") << ruled.life.said;
}

TEST(Rules, WhatWasTakenHomeByHandIsNotTakenAgain)
{
    RuledLife ruled;
    EXPECT_EQ(ruled.after({"rule", "plug 3-3", "start windows", "move 3-3 host"}), "3-3 host")
        << ruled.life.said;
    EXPECT_EQ(ruled.after({"unplug 3-3", "plug 3-3"}), "3-3 host");
    EXPECT_EQ(ruled.after({"quit windows", "start windows", "restart", "sleep"}), "3-3 host");
    // Another one of the same model, at another place, is the rule's.
    EXPECT_EQ(ruled.after({"plug 3-4"}), "3-3 host, 3-4 windows");
    // Until somebody says otherwise.
    EXPECT_EQ(ruled.after({"move 3-3 windows"}), "3-3 windows, 3-4 windows");
}

TEST(Rules, WhatWasParkedByHandStaysParked)
{
    RuledLife ruled;
    EXPECT_EQ(ruled.after({"rule", "plug 3-3", "start windows", "move 3-3 none"}), "3-3 nobody")
        << ruled.life.said;
    EXPECT_EQ(ruled.after({"unplug 3-3", "plug 3-3", "restart"}), "3-3 nobody");
}

TEST(Rules, ADeviceThatIsAskedForWhileUnpluggedIsNotThere)
{
    RuledLife ruled;
    ruled.happens("rule");
    ruled.happens("move 3-3 host");
    EXPECT_NE(ruled.life.said.find("no-such-connector"), std::string::npos) << ruled.life.said;
}

TEST(Rules, AMoveByIdOfTwoAlikeNamesBoth)
{
    RuledLife ruled;
    (void)ruled.after({"rule", "plug 3-3", "plug 3-4", "move 046d:c31c host"});
    EXPECT_NE(ruled.life.said.find("several-devices"), std::string::npos) << ruled.life.said;
    EXPECT_NE(ruled.life.said.find("3-4"), std::string::npos) << ruled.life.said;
}

TEST(Rules, WhatIsAlwaysTheHostsIsNotMoved)
{
    RuledLife ruled;
    ruled.rule = "[rule.mine]\nmatch = { id = \"046d:c31c\" }\nto = \"host\"\nalways = true\n";
    EXPECT_EQ(ruled.after({"rule", "plug 3-1", "start windows", "move 3-1 windows"}), "3-1 host");
    EXPECT_NE(ruled.life.said.find("always-host"), std::string::npos) << ruled.life.said;
    // Nor with its socket.
    EXPECT_EQ(ruled.after({"move left windows"}), "3-1 host");
}

TEST(Rules, WhySaysWhichRuleCounts)
{
    RuledLife ruled;
    ruled.rule =
        std::string(keyboards_to_windows) + "[rule.all]\nmatch = { class = \"vendor\" }\nto = \"host\"\n";
    (void)ruled.after({"rule", "plug 3-3", "start windows"});
    ruled.life.said.clear();
    ruled.life.ask("why 3-3");
    ruled.life.settle();
    EXPECT_NE(ruled.life.said.find("for windows, by rule keyboards: id 046d:c31c, to windows"),
              std::string::npos)
        << ruled.life.said;
    EXPECT_NE(ruled.life.said.find("does not count: all (to host): keyboards counts more: by id"),
              std::string::npos)
        << ruled.life.said;
}

constexpr std::string_view remembering = R"([routes]
remember = true
[rule.keyboards]
match = { id = "046d:c31c" }
to = "windows"
)";

TEST(Remembered, WhatWasSaidEndsWithTheBootUnlessItIsRemembered)
{
    RuledLife ruled;
    EXPECT_EQ(ruled.after({"rule", "plug 3-3", "start windows", "move 3-3 host", "move right windows"}),
              "3-3 host [3-2]");
    EXPECT_EQ(ruled.after({"boot", "start windows"}), "3-3 windows");

    RuledLife remembers;
    remembers.rule = remembering;
    EXPECT_EQ(remembers.after({"rule", "plug 3-3", "start windows", "move 3-3 host", "move right windows"}),
              "3-3 host [3-2]");
    EXPECT_EQ(remembers.after({"boot", "start windows"}), "3-3 host [3-2]");
    EXPECT_EQ(remembers.after({"restart", "boot", "start windows"}), "3-3 host [3-2]");
}

TEST(Remembered, WhatIsUndoneGoesBackToWhatHeldWhenTheBootBegan)
{
    RuledLife ruled;
    ruled.rule = remembering;
    (void)ruled.after({"rule", "plug 3-3", "start windows", "start linux", "move 3-3 linux", "boot",
                       "start windows", "start linux"});
    EXPECT_EQ(ruled.life.shown(), "3-3 linux");
    EXPECT_EQ(ruled.after({"move 3-3 host", "restart"}), "3-3 host");
    ruled.life.ask("undo");
    ruled.life.settle();
    EXPECT_EQ(ruled.life.shown(), "3-3 linux") << ruled.life.said;
    EXPECT_EQ(ruled.after({"boot", "start windows", "start linux"}), "3-3 linux");
}

TEST(Remembered, ATrialIsRememberedOnceItIsConfirmed)
{
    RuledLife ruled;
    ruled.rule = remembering;
    (void)ruled.after({"rule", "plug 3-3 stick", "start windows"});
    ruled.life.ask("move 3-3 windows revert-after=1h");
    ruled.life.settle();
    EXPECT_EQ(ruled.after({"boot", "start windows"}), "3-3 host");
    ruled.life.ask("move 3-3 windows revert-after=1h");
    ruled.life.settle();
    ruled.life.ask("confirm");
    ruled.life.settle();
    EXPECT_EQ(ruled.after({"boot", "start windows"}), "3-3 windows") << ruled.life.said;
}

TEST(Remembered, WhatIsTakenOutOfTheConfigurationIsForgotten)
{
    RuledLife ruled;
    ruled.rule = remembering;
    (void)ruled.after({"rule", "plug 3-3", "start windows", "move 3-3 host"});
    ruled.rule = keyboards_to_windows;
    EXPECT_EQ(ruled.after({"rule", "boot", "start windows"}), "3-3 windows");
    ruled.rule = remembering;
    EXPECT_EQ(ruled.after({"rule", "boot", "start windows"}), "3-3 windows");
}

constexpr std::string_view asking = R"([rule.question]
match = { id = "046d:c31c" }
ask = ["windows", "host"]
answer_after = "60s"
)";

TEST(Asking, NobodyHasItWhileTheQuestionIsOpenAndTheHostWhenNobodyAnswers)
{
    RuledLife ruled;
    ruled.rule = asking;
    EXPECT_EQ(ruled.after({"rule", "start windows", "plug 3-3"}), "3-3 nobody");
    EXPECT_NE(ruled.life.heard.find("question - 3-3 asked windows,host 60s "), std::string::npos)
        << ruled.life.heard;

    ruled.life.settle(std::chrono::seconds(61));

    EXPECT_EQ(ruled.life.shown(), "3-3 host");
    EXPECT_EQ(ruled.questions(), "event question - 3-3 asked windows,host 60s 046d:c31c\n"
                                 "event question - 3-3 expired host 046d:c31c\n");
    // It counts as said, and is not asked again.
    EXPECT_EQ(ruled.after({"restart", "unplug 3-3", "plug 3-3"}), "3-3 host");
}

TEST(Asking, AnAnswerIsAMoveByItsName)
{
    RuledLife ruled;
    ruled.rule = asking;
    EXPECT_EQ(ruled.after({"rule", "start windows", "plug 3-3", "move 3-3 windows"}), "3-3 windows")
        << ruled.life.said;
    ruled.life.settle(std::chrono::seconds(61));
    EXPECT_EQ(ruled.life.shown(), "3-3 windows");
}

TEST(Asking, AnAnswerGivesTheDeviceAndEndsTheQuestion)
{
    RuledLife ruled;
    ruled.rule = asking;
    (void)ruled.after({"rule", "start windows", "plug 3-3"});

    EXPECT_EQ(ruled.says("answer windows"), "ok windows=3-3");

    EXPECT_EQ(ruled.life.shown(), "3-3 windows");
    EXPECT_NE(ruled.questions().find("event question - 3-3 answered windows "), std::string::npos)
        << ruled.questions();
    EXPECT_EQ(
        ruled.says("answer host"),
        "refused no-question no question is open; to move a device, say `usbroute move DEVICE --to WHERE`");
    ruled.life.settle(std::chrono::seconds(61));
    EXPECT_EQ(ruled.after({"unplug 3-3", "plug 3-3"}), "3-3 windows");
}

TEST(Asking, ThatNobodyIsToHaveItIsAnAnswer)
{
    RuledLife ruled;
    ruled.rule = "[rule.question]\nmatch = { id = \"046d:c31c\" }\nask = [\"windows\", \"none\"]\n";
    (void)ruled.after({"rule", "start windows", "plug 3-3"});

    EXPECT_EQ(ruled.says("answer none").find("ok"), 0u) << ruled.life.said;

    EXPECT_NE(ruled.questions().find("event question - 3-3 answered nobody "), std::string::npos)
        << ruled.questions();
    ruled.life.settle(std::chrono::seconds(61));
    EXPECT_EQ(ruled.after({"unplug 3-3", "plug 3-3", "restart"}), "3-3 nobody");
    EXPECT_EQ(ruled.says(R"({"do":"status"})").find("questions"), std::string::npos) << ruled.life.said;
    EXPECT_EQ(ruled.says("undo").find("ok"), 0u) << ruled.life.said;
    EXPECT_NE(ruled.says(R"({"do":"status"})").find("questions"), std::string::npos) << ruled.life.said;
}

TEST(Asking, AnAnswerThatIsTakenBackOpensTheQuestionAgain)
{
    RuledLife ruled;
    ruled.rule = asking;
    (void)ruled.after({"rule", "start windows", "plug 3-3"});
    EXPECT_EQ(ruled.says("answer windows revert-after=20s").find("ok windows=3-3 -- trial"), 0u)
        << ruled.life.said;
    EXPECT_EQ(ruled.life.shown(), "3-3 windows");
    EXPECT_EQ(ruled.says("undo").find("ok"), 0u) << ruled.life.said;
    EXPECT_EQ(ruled.life.shown(), "3-3 nobody");
    EXPECT_EQ(ruled.says("answer 3-3 host"), "ok host=3-3");
    EXPECT_EQ(ruled.life.shown(), "3-3 host");
}

TEST(Asking, AnAnswerThatIsNotOneChangesNothing)
{
    RuledLife ruled;
    ruled.rule = asking;
    (void)ruled.after({"rule", "start windows", "start linux", "plug 3-3", "plug 3-1 stick"});

    EXPECT_EQ(ruled.says("answer linux").find("refused not-offered linux is not among the answers about "),
              0u)
        << ruled.life.said;
    EXPECT_NE(ruled.life.said.find("rule question offers windows or host"), std::string::npos);
    EXPECT_EQ(ruled.says("answer 3-1 windows").find("refused no-question nobody is asked who is to have "),
              0u)
        << ruled.life.said;
    EXPECT_NE(ruled.life.said.find("the host has it; `usbroute move 3-1 --to windows` moves it"),
              std::string::npos)
        << ruled.life.said;
    EXPECT_EQ(ruled.says("answer left windows")
                  .find("refused no-question nobody is asked who is to have what "
                        "is in left"),
              0u);
    EXPECT_EQ(ruled.says("answer 9-9 windows").find("error no-such-connector"), 0u) << ruled.life.said;
    EXPECT_EQ(ruled.life.shown(), "3-1 host, 3-3 nobody");
    EXPECT_EQ(ruled.questions(), "event question - 3-3 asked windows,host 60s 046d:c31c\n");
}

TEST(Asking, OfSeveralQuestionsOneIsNamed)
{
    RuledLife ruled;
    ruled.rule = "[rule.question]\nmatch = { class = \"ff\" }\nask = [\"windows\", \"host\"]\n"
                 "[rule.other]\nmatch = { id = \"046d:c31c\" }\nask = [\"windows\", \"linux\"]\n"
                 "[rule.stick]\nmatch = { id = \"0781:5583\" }\nask = [\"windows\", \"host\"]\n";
    (void)ruled.after({"rule", "start windows", "plug 3-3", "plug 3-1 stick"});

    EXPECT_EQ(ruled.says("answer windows").find("refused several-questions 2 questions are open: 3-1 "), 0u)
        << ruled.life.said;
    // By its connector, its ids, its place.
    EXPECT_EQ(ruled.says("answer left windows"), "ok windows=3-1");
    EXPECT_EQ(ruled.says("plan answer 046d:c31c linux").find("ok"), 0u);
    EXPECT_EQ(ruled.says("answer 046d:c31c linux").find("ok linux=3-3"), 0u) << ruled.life.said;
}

TEST(Asking, StatusHasTheQuestionsWithTheTimeThatIsLeft)
{
    RuledLife ruled;
    ruled.rule = asking;
    (void)ruled.after({"rule", "start windows", "plug 3-1"});
    const auto status = ruled.says(R"({"do":"status"})");
    EXPECT_NE(status.find(R"("questions":[{"place":"3-1","connector":"left",)"), std::string::npos) << status;
    EXPECT_NE(status.find(R"("rule":"question","answers":["windows","host"],"seconds":54})"),
              std::string::npos)
        << status;
    EXPECT_NE(status.find(R"("signs":["question"])"), std::string::npos) << status;
}

TEST(Asking, AlwaysTellsTheRuleThatItMeansAndWritesNothing)
{
    RuledLife ruled;
    ruled.rule = asking;
    (void)ruled.after({"rule", "start windows", "plug 3-1"});
    // Without a serial number it goes by its connector.
    EXPECT_EQ(ruled.says(R"({"do":"answer","to":"windows","always":true})")
                  .find(R"({"ok":true,"owners":{"windows":["3-1"]},)"),
              0u)
        << ruled.life.said;
    EXPECT_NE(ruled.life.said.find(R"("rule":{"id":"046d:c31c","socket":"left","to":"windows"})"),
              std::string::npos)
        << ruled.life.said;
}

TEST(Asking, AlwaysIsRefusedWhereNoRuleTellsTheDeviceFromOthers)
{
    RuledLife ruled;
    ruled.rule = asking;
    (void)ruled.after({"rule", "start windows", "plug 3-3"});
    EXPECT_EQ(ruled.says("answer windows always=1").find("refused not-lasting no rule can be for just "), 0u)
        << ruled.life.said;
    EXPECT_EQ(ruled.life.shown(), "3-3 nobody");
}

/// Of its own sockets alone, and without a word of others.
TEST(Asking, AGuestAnswersWhatIsAskedOfItsOwnSocketsWhereItMay)
{
    RuledLife ruled;
    ruled.rule = std::string(asking) + "[profile.desk]\nwindows = [\"left\"]\n";
    (void)ruled.after({"rule", "start windows", "plug 3-3", "plug 3-1"});
    auto line = ruled.life.daemon->connect({.name = ListenerName("windows"),
                                            .address = config::UnixAddress{},
                                            .guest = GuestName("windows"),
                                            .allow = {config::Verb::answer, config::Verb::status}},
                                           "windows");
    const auto says = [&](const std::string& text) {
        line.say(text + "\n");
        ruled.life.settle();
        return std::string(trim(line.hear()));
    };

    const auto nothing = says("answer 3-3 windows");
    EXPECT_EQ(nothing.find("refused no-question no question is open that could be answered over this line"),
              0u)
        << nothing;
    EXPECT_EQ(says("answer 9-9 windows"), nothing);
    const auto status = says(R"({"do":"status"})");
    EXPECT_EQ(status.find("3-3"), std::string::npos) << status;
    EXPECT_NE(status.find(R"("questions":[{"place":"3-1",)"), std::string::npos) << status;
    EXPECT_EQ(ruled.life.shown().find("windows"), std::string::npos);

    EXPECT_EQ(says("answer windows").find("ok"), 0u);
    EXPECT_NE(ruled.life.shown().find("3-1 windows"), std::string::npos) << ruled.life.shown();
    EXPECT_NE(ruled.life.shown().find("3-3 nobody"), std::string::npos) << ruled.life.shown();
}

TEST(Asking, AQuestionEndsWithItsDeviceOrItsRule)
{
    RuledLife ruled;
    ruled.rule = asking;
    (void)ruled.after({"rule", "plug 3-3", "unplug 3-3", "plug 3-3", "no-rule"});
    EXPECT_EQ(ruled.questions(), "event question - 3-3 asked windows,host 60s 046d:c31c\n"
                                 "event question - 3-3 gone 046d:c31c\n"
                                 "event question - 3-3 asked windows,host 60s 046d:c31c\n"
                                 "event question - 3-3 gone 046d:c31c\n");
}

TEST(Asking, ADeviceThatHasLeftIsNotAskedAboutAndAnotherPlugIsAnotherQuestion)
{
    RuledLife ruled;
    ruled.rule = asking;
    (void)ruled.after({"rule", "start windows", "plug 3-3", "unplug 3-3"});
    ruled.life.settle(std::chrono::seconds(61));
    EXPECT_EQ(ruled.after({"plug 3-3"}), "3-3 nobody");
    EXPECT_EQ(ruled.after({"no-rule"}), "3-3 host");
}

/// Each answer that nobody gave is kept for its device.
TEST(Asking, ADeviceThatCallsItselfOtherwiseAtEachPlugDoesNotFillTheJournal)
{
    RuledLife ruled;
    const auto product = [](int plug) { return format("{:x}", 0x100 + plug); };
    std::string rules;
    for (int plug = 0; plug <= 64; ++plug)
        rules += format("[rule.r{}]\nmatch = {{ id = \"046d:0{}\" }}\nask = [\"windows\", \"host\"]\n", plug,
                        product(plug));
    ruled.rule = rules;
    (void)ruled.after({"rule", "start windows"});
    for (int plug = 0; plug < 64; ++plug) {
        ruled.life.plug("3-3", format("46d/{}/100", product(plug)));
        ruled.life.settle(std::chrono::seconds(61));
        ASSERT_EQ(ruled.life.shown(), "3-3 host") << plug;
        ruled.life.unplug("3-3");
        ruled.life.settle();
    }
    ruled.life.plug("3-3", format("46d/{}/100", product(64)));
    ruled.life.settle(std::chrono::seconds(61));
    EXPECT_EQ(ruled.life.shown(), "3-3 nobody");

    ruled.life.move("3-3", "host");
    ruled.life.settle();
    EXPECT_EQ(ruled.life.shown(), "3-3 host");
}

TEST(Asking, DeviceGuestRuleAndDaemonMayComeInAnyOrder)
{
    expect_always({"plug 3-3", "start windows", "rule", "restart"}, "3-3 nobody", {}, asking);
    expect_always({"plug 3-1", "start windows", "rule", "move left windows"}, "3-1 nobody [3-1]", {}, asking);
}

} // namespace
} // namespace usbroute::daemon
