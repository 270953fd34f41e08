// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/kept_rules.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace usbroute::config {
namespace {

constexpr std::string_view written_by_hand = R"([connector.left]
usb = ["0000:00:14.0/1"]
[guest.windows]
qmp = "/run/windows.qmp"
[rule.sticks]
match = { interface = "storage" }
ask = ["windows", "host"]
)";

std::vector<SourceText> files_with(std::string rules, const std::string& more = {})
{
    return {{.name = "usbroute.toml", .text = std::string(written_by_hand) + more},
            {.name = "connectors.toml", .text = {}},
            {.name = "rules.toml", .text = std::move(rules)}};
}

RuleSettings stick_to(Target to, std::string serial = "4C53")
{
    return {.name = {},
            .match = {.id = UsbIds{.vendor = 0x0781, .product = 0x5583}, .serial = std::move(serial)},
            .to = std::move(to),
            .origin = {}};
}

/// What the file has behind its comment; or the problems, a line each.
std::string kept(const std::vector<SourceText>& files, RuleSettings rule)
{
    const auto made = with_rule(files, "rules.toml", std::move(rule));
    std::string text;
    if (!made) {
        for (const auto& problem : made.error()) text += problem.text() + "\n";
        return text;
    }
    EXPECT_EQ(made->text.find("# `usbroute answer --always`"), 0u);
    return made->text.substr(made->text.find("\n\n") + 2);
}

TEST(KeptRules, ARuleIsWrittenAndTheNextBesideIt)
{
    EXPECT_EQ(
        kept(files_with(""), stick_to(GuestName("windows"))),
        "[rule.device-0781-5583]\nmatch = { id = \"0781:5583\", serial = \"4C53\" }\nto = \"windows\"\n");

    const auto first = with_rule(files_with(""), "rules.toml", stick_to(GuestName("windows")));
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(
        kept(files_with(first->text), stick_to(ToHost{}, "other")),
        "[rule.device-0781-5583]\nmatch = { id = \"0781:5583\", serial = \"4C53\" }\nto = \"windows\"\n\n"
        "[rule.device-0781-5583-2]\nmatch = { id = \"0781:5583\", serial = \"other\" }\nto = \"host\"\n");
}

TEST(KeptRules, TheRuleOfTheSameDeviceIsReplacedAndKeepsItsName)
{
    EXPECT_EQ(
        kept(files_with("[rule.mine]\nmatch = { serial = \"4C53\", id = \"0781:5583\" }\nto = \"host\"\n"),
             stick_to(GuestName("windows"))),
        "[rule.mine]\nmatch = { id = \"0781:5583\", serial = \"4C53\" }\nto = \"windows\"\n");
}

TEST(KeptRules, ARuleThatCountsTheSameIsNamedWithItsLine)
{
    const auto problems = kept(
        files_with("", "[rule.hand]\nmatch = { id = \"0781:5583\", serial = \"4C53\" }\nto = \"host\"\n"),
        stick_to(GuestName("windows")));
    EXPECT_NE(problems.find("rules.toml:4"), std::string::npos) << problems;
    EXPECT_NE(problems.find("usbroute.toml:8"), std::string::npos) << problems;
    EXPECT_NE(problems.find("count the same"), std::string::npos) << problems;
}

TEST(KeptRules, AFileWithMoreThanRulesIsLeftAlone)
{
    EXPECT_EQ(
        kept(files_with("[guest.linux]\nqmp = \"/run/linux.qmp\"\n"), stick_to(ToHost{})),
        "rules.toml: this file has more than rules, which would be lost; move the rest into usbroute.toml\n");
}

TEST(KeptRules, AConfigurationThatIsNotInOrderIsLeftAlone)
{
    EXPECT_NE(kept(files_with("", "[rule.broken]\n"), stick_to(ToHost{})).find("usbroute.toml:8"),
              std::string::npos);
    EXPECT_NE(kept(files_with("nonsense"), stick_to(ToHost{})).find("rules.toml:1"), std::string::npos);
}

TEST(KeptRules, WhateverASerialNumberHoldsComesBackTheSame)
{
    const std::string hostile = "a\"]\n[listen.x]\\ \xc3\xa9'";
    auto rule = stick_to(ToHost{}, "a\"] [listen.x]\\ \xc3\xa9'");
    const auto made = with_rule(files_with(""), "rules.toml", rule);
    ASSERT_TRUE(made.has_value());
    const auto parsed = parse(files_with(made->text));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->rules.back().match, rule.match);
    EXPECT_EQ(parsed->listeners.size(), 1u);
    // A line end cannot be one of it.
    EXPECT_FALSE(with_rule(files_with(""), "rules.toml", stick_to(ToHost{}, hostile)).has_value());
}

} // namespace
} // namespace usbroute::config
