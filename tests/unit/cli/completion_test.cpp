// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "cli/command_table.hpp"
#include "cli/completion.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace usbroute::cli {
namespace {

using Words = std::vector<std::string>;

const Names desk{.connectors = {{"front-left", "front"}, {"rear-1", ""}},
                 .profiles = {{"all-host", ""}, {"desk", ""}},
                 .guests = {{"windows", ""}}};

/// What is offered at the end of the line, without the texts.
Words offered(const Words& typed)
{
    Words found;
    for (const auto& candidate : candidates(place_of(typed), desk)) found.push_back(candidate.word);
    return found;
}

bool offers(const Words& typed, std::string_view word)
{
    const auto found = offered(typed);
    return std::ranges::find(found, word) != found.end();
}

TEST(Completion, OffersEveryCommandWithItsHelp)
{
    const auto found = candidates(place_of(Words{""}), desk);

    ASSERT_EQ(found.size(), command_table().size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].word, command_table()[i].name);
        EXPECT_EQ(found[i].what, command_table()[i].help);
    }
}

TEST(Completion, OffersWhatAVerbTakes)
{
    EXPECT_EQ(offered({"move", ""}), (Words{"front-left", "rear-1"}));
    EXPECT_EQ(offered({"why", ""}), (Words{"front-left", "rear-1"}));
    EXPECT_EQ(offered({"apply", ""}), (Words{"all-host", "desk"}));
    EXPECT_EQ(offered({"toggle", ""}), (Words{"all-host", "desk"}));
    EXPECT_EQ(offered({"config", ""}), (Words{"init", "check", "show", "udev"}));
    EXPECT_EQ(offered({"completion", ""}), (Words{"bash", "zsh", "fish"}));
    EXPECT_EQ(offered({"guest", "bind", ""}), (Words{"windows"}));
    EXPECT_EQ(offered({"undo", ""}), Words{});
}

TEST(Completion, OffersTheDevicesThatAreAskedAboutAndTheirAnswers)
{
    auto names = desk;
    const auto offered_of = [&](const Words& typed) {
        Words found;
        for (const auto& candidate : candidates(place_of(typed), names)) found.push_back(candidate.word);
        return found;
    };
    EXPECT_EQ(offered_of({"answer", ""}), Words{});
    names.questions = {{{"3-2.1", "Ultra Fit"}, {"windows", "host"}}};
    EXPECT_EQ(offered_of({"answer", ""}), (Words{"3-2.1", "windows", "host"}));
    EXPECT_EQ(offered_of({"answer", "3-2.1", ""}), (Words{"windows", "host"}));
    names.questions.push_back({{"3-4", "Webcam"}, {"linux", "none"}});
    EXPECT_EQ(offered_of({"answer", ""}), (Words{"3-2.1", "3-4"}));
    EXPECT_EQ(offered_of({"answer", "3-4", ""}), (Words{"linux", "none"}));
    EXPECT_EQ(offered_of({"answer", "3-9", ""}), Words{});
    EXPECT_EQ(offered_of({"answer", "3-4", "linux", ""}), Words{});
    EXPECT_TRUE(offers({"answer", "3-4", "linux", "--"}, "--always"));
    EXPECT_TRUE(wants_questions(place_of(Words{"answer", ""})));
    EXPECT_FALSE(wants_questions(place_of(Words{"move", ""})));
}

TEST(Completion, OffersANameOnceAndOnlyWhereOneMoreIsTaken)
{
    EXPECT_EQ(offered({"move", "front-left", ""}), (Words{"rear-1"}));
    EXPECT_EQ(offered({"toggle", "desk", ""}), (Words{"all-host"}));
    EXPECT_EQ(offered({"apply", "desk", ""}), Words{});
    EXPECT_EQ(offered({"why", "rear-1", ""}), Words{});
    EXPECT_EQ(offered({"guest", "show", "windows", ""}), Words{});
}

TEST(Completion, GoesOnBehindPlanAsTheCommandItselfWould)
{
    EXPECT_EQ(offered({"plan", ""}), (Words{"move", "answer", "apply", "toggle", "undo"}));
    EXPECT_EQ(offered({"plan", "move", "front-left", ""}), (Words{"rear-1"}));
    EXPECT_EQ(offered({"plan", "apply", ""}), (Words{"all-host", "desk"}));
    EXPECT_EQ(offered({"plan", "status", ""}), Words{});
}

TEST(Completion, OffersValuesBehindTheirOption)
{
    EXPECT_EQ(offered({"move", "front-left", "--to", ""}), (Words{"host", "windows", "ehci", "xhci"}));
    EXPECT_EQ(offered({"move", "--to=w"}), (Words{"--to=host", "--to=windows", "--to=ehci", "--to=xhci"}));
    EXPECT_EQ(offered({"--color", ""}), (Words{"auto", "always", "never"}));
    EXPECT_EQ(offered({"watch", "--format", ""}), (Words{"waybar", "i3blocks", "polybar"}));
    EXPECT_EQ(offered({"move", "--to", "host", ""}), (Words{"front-left", "rear-1"}));
    EXPECT_EQ(place_of(Words{"--root", ""}).placeholders, std::vector{Placeholder::directory});
    EXPECT_EQ(place_of(Words{"record", ""}).placeholders, std::vector{Placeholder::directory});
    EXPECT_EQ(place_of(Words{"picture", "--svg", ""}).placeholders, std::vector{Placeholder::file});
    EXPECT_EQ(offered({"move", "--force-disk", ""}), Words{});
}

TEST(Completion, OffersOptionsThatTheCommandTakes)
{
    EXPECT_EQ(offered({"move", "-"}).front(), "--to");
    EXPECT_TRUE(offers({"move", "--"}, "--json"));
    EXPECT_FALSE(offers({"status", "--"}, "--to"));
    EXPECT_TRUE(offers({"--"}, "--json"));
    EXPECT_TRUE(offers({"guest", "bind", "windows", "--"}, "--move-first"));
    EXPECT_FALSE(offers({"guest", "lines", "windows", "--"}, "--move-first"));
    EXPECT_FALSE(offers({"move", "--yes", "--"}, "--yes"));
    EXPECT_TRUE(offers({"move", "--force-disk", "sdb", "--"}, "--force-disk"));
    EXPECT_EQ(offered({"move", "--", "-"}), (Words{"front-left", "rear-1"}));
}

TEST(Completion, OffersNothingBehindWhatIsNoCommand)
{
    EXPECT_EQ(offered({"mvoe", ""}), Words{});
    EXPECT_EQ(offered({}), Words{});
    EXPECT_EQ(offered({"guest", "bnid", ""}), Words{});
    EXPECT_EQ(offered({"move", "--no-such="}), Words{});
}

TEST(Completion, KnowsWhereTheNamesAreToBeLookedFor)
{
    const auto place = place_of(Words{"--config", "a.toml", "move", "--root=board", "--socket", "s", ""});

    EXPECT_EQ(place.locations.config, "a.toml");
    EXPECT_EQ(place.locations.root, "board");
    EXPECT_EQ(place.locations.socket, "s");
    EXPECT_TRUE(wants_names(place));
    EXPECT_FALSE(wants_names(place_of(Words{"--color", ""})));
}

/// A word in capitals is a placeholder, and one that completion does not know would be offered as it stands.
TEST(Completion, KnowsEveryPlaceholderOfTheCommandTable)
{
    const auto check = [](std::string_view text) {
        for (auto word : words(text))
            for (auto part : split(word, '|')) {
                while (part.starts_with('[')) part.remove_prefix(1);
                while (part.ends_with(']') || part.ends_with('.')) part.remove_suffix(1);
                const bool is_placeholder =
                    !part.empty() && std::ranges::all_of(part, [](char c) { return c >= 'A' && c <= 'Z'; });
                if (is_placeholder && part != "VERB") {
                    EXPECT_TRUE(placeholder_from(part)) << part;
                }
            }
    };
    for (const auto& command : command_table()) {
        check(command.arguments);
        for (const auto& verb : command.verbs) check(verb.arguments);
    }
    for (const auto& option : option_table()) check(option.value);
}

TEST(Completion, HasAScriptForThreeShells)
{
    for (const auto* shell : {"bash", "zsh", "fish"})
        EXPECT_NE(completion_script(shell).find("completion words --"), std::string_view::npos) << shell;
    EXPECT_TRUE(completion_script("csh").empty());
}

} // namespace
} // namespace usbroute::cli
