// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What a rule can say, and when two of them contradict each other.

#include "base/format.hpp"
#include "config/parse.hpp"
#include "config/rule_order.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::config {
namespace {

constexpr std::string_view around_rules = R"(
[connector.rear-1]
usb = ["0000:00:14.0/1"]
[connector.rear-2]
usb = ["0000:00:14.0/2"]
[hub.desk]
id = "2109:2813"
[hub.dock]
id = "2109:2817"
[guest.windows]
qmp = "/run/windows.qmp"
[guest.linux]
qmp = "/run/linux.qmp"
[guest.old]
controllers = ["0000:00:1d.0"]
)";

auto parsed_rules(std::string_view rules)
{
    const std::array files{SourceText{.name = "a.toml", .text = std::string(around_rules)},
                           SourceText{.name = "rules.toml", .text = std::string(rules)}};
    return parse(files);
}

/// One line each; empty: it is right.
std::string problems_of_rules(std::string_view rules)
{
    const auto settings = parsed_rules(rules);
    if (settings) return {};
    std::string text;
    for (const auto& problem : settings.error()) text += problem.text() + "\n";
    return text;
}

TEST(Rules, AllThatARuleCanSayIsRead)
{
    const auto settings = parsed_rules(R"(
[rule.key]
match = { id = "1050:0407", serial = "0815", name = "Yubi*", class = "hid", interface = ["03/01/01", "smart-card"], socket = "rear-1", hub = "desk", removable = true }
to = "host"
always = true
[rule.question]
match = { class = "08" }
ask = ["windows", "host"]
answer_after = "30s"
)");

    ASSERT_TRUE(settings.has_value()) << settings.error().front().text();
    ASSERT_EQ(settings->rules.size(), 2U);
    const auto& key = settings->rules[0];
    EXPECT_EQ(
        text_of(key.match),
        "id 1050:0407, serial number 0815, name \"Yubi*\", class hid, interface 03/01/01, interface smart-card, socket rear-1, hub desk, removable");
    EXPECT_TRUE(key.always);
    EXPECT_EQ(key.to, Target(ToHost{}));
    EXPECT_EQ(key.origin.text(), "rules.toml:2:7");
    EXPECT_EQ(whom_in_words(settings->rules[1]), "ask windows or host");
    EXPECT_EQ(settings->rules[1].answer_after, std::chrono::seconds(30));
}

struct FaultyRule {
    std::string_view rule;
    std::string_view told;
};

TEST(Rules, WhatARuleCannotSayIsToldWithItsPlace)
{
    for (const auto& [rule, told] : {
             FaultyRule{"to = \"host\"", "does not say which devices it is for"},
             {"match = { }\nto = \"host\"", "asks for nothing"},
             {"match = \"046d:c31c\"\nto = \"host\"", "match is a string; it must be a table"},
             {"match = { id = \"46d\" }\nto = \"host\"", "id is '46d'; it must be"},
             {"match = { serial = \"\" }\nto = \"host\"", "serial is ''"},
             {"match = { serial = \"a\\u0007\" }\nto = \"host\"", "serial is 'a\\x07'"},
             {"match = { class = \"keyboards\" }\nto = \"host\"", "class is 'keyboards'; it must be a class"},
             {"match = { class = \"hub\" }\nto = \"host\"", "a rule is never for a hub"},
             {"match = { interface = \"09/00\" }\nto = \"host\"", "a rule is never for a hub"},
             {"match = { interface = [] }\nto = \"host\"", "interface is an empty list"},
             {"match = { socket = \"rear-3\" }\nto = \"host\"",
              "unknown connector 'rear-3' in match of [rule.x]"},
             {"match = { hub = \"desc\" }\nto = \"host\"", "did you mean 'desk'?"},
             {"match = { bus = 3 }\nto = \"host\"", "unknown key 'bus' in match of [rule.x]"},
             {"match = { id = \"046d:c31c\" }", "does not say whom its devices are for"},
             {"match = { id = \"046d:c31c\" }\nto = \"window\"",
              "unknown guest 'window' in to; did you mean 'windows'?"},
             {"match = { id = \"046d:c31c\" }\nto = \"old\"", "old takes no single devices"},
             {"match = { id = \"046d:c31c\" }\nto = \"ehci\"", "a rule gives devices, and moves no wires"},
             {"match = { id = \"046d:c31c\" }\nto = \"windows\"\nalways = true",
              "always is for what never leaves the host"},
             {"match = { id = \"046d:c31c\" }\nto = \"host\"\nask = [\"host\", \"windows\"]",
              "has both to and ask"},
             {"match = { id = \"046d:c31c\" }\nask = [\"host\"]", "ask is a list of 1"},
             {"match = { id = \"046d:c31c\" }\nask = [\"host\", \"host\"]", "listed twice"},
             {"match = { id = \"046d:c31c\" }\nask = [\"host\", \"windows\"]\nanswer_after = \"1s\"",
              "a time from 5 seconds to an hour"},
             {"match = { id = \"046d:c31c\" }\nto = \"host\"\nanswer_after = \"10s\"",
              "answer_after is for a question"},
         })
        EXPECT_NE(problems_of_rules(format("[rule.x]\n{}\n", rule)).find(told), std::string::npos)
            << rule << "\n"
            << problems_of_rules(format("[rule.x]\n{}\n", rule));
}

std::string two_rules(std::string_view one, std::string_view other, std::string_view third = {})
{
    auto text = format(
        "[rule.one]\nmatch = {{ {} }}\nto = \"windows\"\n[rule.other]\nmatch = {{ {} }}\nto = \"linux\"\n",
        one, other);
    if (!third.empty()) text += format("[rule.third]\nmatch = {{ {} }}\nto = \"host\"\n", third);
    return text;
}

TEST(Rules, EqualOnesAreAnErrorWithBothLines)
{
    EXPECT_EQ(
        problems_of_rules(two_rules("id = \"046d:c31c\"", "id = \"046d:c31c\"")),
        "rules.toml:4:7: [rule.other] and [rule.one] (rules.toml:1:7) count the same, and one device can be as both say: "
        "id 046d:c31c (linux), id 046d:c31c (windows); say more in one of them\n");
}

struct RulePair {
    std::string_view one;
    std::string_view other;
    bool is_right = true;
    std::string_view third = {};
};

TEST(Rules, TwoAreEqualWhereNeitherSaysMoreAndOneDeviceFitsBoth)
{
    for (const auto& [one, other, is_right, third] : {
             // A device has one id, one serial number, one nearest socket, and is removable or fixed.
             RulePair{R"(id = "046d:c31c")", R"(id = "046d:c31d")"},
             {R"(serial = "1")", R"(serial = "2")"},
             {R"(serial = "1")", R"(serial = "1", id = "046d:c31c")"},
             {R"(serial = "1", id = "046d:c31d")", R"(serial = "1", id = "046d:c31c")"},
             {R"(socket = "rear-1")", R"(socket = "rear-2")"},
             {R"(removable = true)", R"(removable = false)"},
             {R"(name = "Mouse")", R"(name = "Keyboard")"},
             {R"(name = "Mouse")", R"(name = "MOUSE")", false},
             // Two hubs, one behind the other: the nearer counts.
             {R"(hub = "desk")", R"(hub = "dock")"},
             // Of another rank.
             {R"(id = "046d:c31c")", R"(serial = "1")"},
             {R"(id = "046d:c31c")", R"(socket = "rear-1")"},
             {R"(id = "046d:c31c", socket = "rear-1")", R"(serial = "1")"},
             {R"(socket = "rear-1")", R"(hub = "desk")"},
             {R"(hub = "desk")", R"(class = "hid")"},
             // One of them says all that the other says, and more.
             {R"(id = "046d:c31c")", R"(id = "046d:c31c", removable = true)"},
             {R"(socket = "rear-1")", R"(socket = "rear-1", class = "hid")"},
             {R"(class = "hid")", R"(interface = "hid")"},
             {R"(class = "hid")", R"(interface = "03/01/01")"},
             {R"(interface = "03/01")", R"(interface = "03/01/01")"},
             // Neither does: a headset has both interfaces, a pattern fits what another one fits.
             {R"(class = "hid")", R"(class = "audio")", false},
             {R"(interface = "03/01/01")", R"(interface = "03/01/02")", false},
             {R"(name = "*Mouse")", R"(name = "Logitech*")", false},
             {R"(class = "hid")", R"(removable = true)", false},
             {R"(id = "046d:c31c", removable = true)", R"(id = "046d:c31c", hub = "desk")", false},
             // A third rule settles what is as both say.
             {R"(interface = "hid")", R"(interface = "audio")", true, R"(interface = ["audio", "hid"])"},
             // What is of a class need not have an interface of it.
             {R"(class = "hid")", R"(class = "audio")", false, R"(class = "hid", interface = "audio")"},
             {R"(class = "hid")", R"(class = "audio")", false,
              R"(class = "hid", interface = "audio", removable = true)"},
             {R"(class = "hid")", R"(removable = true)", true, R"(class = "hid", removable = true)"},
         }) {
        const auto problems = problems_of_rules(two_rules(one, other, third));
        EXPECT_EQ(problems.empty(), is_right) << one << " | " << other << " | " << third << "\n" << problems;
        const auto turned = problems_of_rules(two_rules(other, one, third));
        EXPECT_EQ(turned.empty(), is_right) << "turned: " << one << " | " << other << " | " << third << "\n"
                                            << turned;
    }
}

TEST(Rules, TwoThatSayTheSameAreNoContradiction)
{
    EXPECT_EQ(problems_of_rules("[rule.one]\nmatch = { class = \"hid\" }\nto = \"linux\"\n"
                                "[rule.other]\nmatch = { class = \"audio\" }\nto = \"linux\"\n"),
              "");
}

TEST(Rules, AGuestsNameIsNotBoundToTheOrderOfFiles)
{
    const std::array files{
        SourceText{.name = "rules.toml",
                   .text = "[rule.x]\nmatch = { socket = \"rear-1\" }\nto = \"windows\"\n"},
        SourceText{.name = "z.toml", .text = std::string(around_rules)}};

    EXPECT_TRUE(parse(files).has_value());
}

TEST(Rules, TooManyAreRefusedAndNotCompared)
{
    std::string text;
    for (int i = 0; i < 10'000; ++i)
        text += format("[rule.r{0}]\nmatch = {{ name = \"*{0}*\" }}\nto = \"{1}\"\n", i,
                       i % 2 == 0 ? "host" : "windows");

    const auto begin = std::chrono::steady_clock::now();
    const auto problems = problems_of_rules(text);

    EXPECT_NE(problems.find("more than 512 rules; usbroute takes at most 512"), std::string::npos);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(Rules, ThousandsThatCannotMeetAreComparedQuickly)
{
    std::vector<RuleSettings> rules;
    for (std::uint32_t i = 0; i < 10'000; ++i)
        rules.push_back({.name = RuleName(format("r{}", i)),
                         .match = {.id = UsbIds{.vendor = 0x1234, .product = static_cast<std::uint16_t>(i)}},
                         .to = i % 2 == 0 ? Target(ToHost{}) : Target(GuestName("windows")),
                         .origin = {}});

    const auto begin = std::chrono::steady_clock::now();

    EXPECT_TRUE(contradictions(rules, 50).empty());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

} // namespace
} // namespace usbroute::config
