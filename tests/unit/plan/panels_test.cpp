// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "plan/panels.hpp"

#include <gtest/gtest.h>

namespace usbroute::plan {
namespace {

using Words = std::vector<std::string>;

const std::vector<OnPanel> desk{{.socket = "front-1", .panel = "front"},
                                {.socket = "rear-1", .panel = "rear"},
                                {.socket = "front-2", .panel = "front"},
                                {.socket = "inside", .panel = ""}};

std::string meant(const Words& words, const std::vector<OnPanel>& sockets = desk)
{
    const auto names = without_panels(words, sockets);
    return names ? join(*names, " ") : text_of(names.error());
}

TEST(Panels, AreAllTheirSocketsInTheOrderOfTheConfiguration)
{
    EXPECT_EQ(meant({"front/*"}), "front-1 front-2");
    EXPECT_EQ(meant({"front/"}), "front-1 front-2");
    EXPECT_EQ(meant({"*"}), "front-1 rear-1 front-2 inside");
    EXPECT_EQ(meant({"rear-1", "front/*"}), "rear-1 front-1 front-2");
    EXPECT_EQ(meant({"front-2", "front/*", "rear/", "front-1"}), "front-2 front-1 rear-1");
}

TEST(Panels, OfOtherWordsNothingIsTaken)
{
    for (const auto* word :
         {"front", "front-*", "046d:c31c", "3-1.4", "/", "/*", "a/b/*", "front/1", "USB Keyboard"})
        EXPECT_EQ(meant({word}), word);
}

TEST(Panels, ThatAreNotThereAreRefusedWithThoseThatAre)
{
    EXPECT_EQ(meant({"frnt/*"}), "there is no panel frnt; did you mean front/?");
    EXPECT_EQ(meant({"side/"}), "there is no panel side; panels are front, rear");
    EXPECT_EQ(
        meant({"front/*"}, {{.socket = "a", .panel = ""}}),
        "there is no panel front; no connector has one: write panel = \"front\" below [connector.NAME]");
    EXPECT_EQ(meant({"*"}, {}), "no connector has a name; name them: sudo usbroute map");
}

} // namespace
} // namespace usbroute::plan
