// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "report/bar_line.hpp"

#include <gtest/gtest.h>

namespace usbroute::report {
namespace {

StatusView at_home() { return status_view(fakes::z97(), fakes::settings(), {}); }

StatusView with_keys_in_windows()
{
    auto view = at_home();
    view.profile.clear();
    for (auto& connector : view.connectors)
        if (connector.name == "keys") connector.owner = "windows";
    return view;
}

std::string line(const StatusView& view, std::string_view format)
{
    const auto read = read_bar_format(format);
    return read ? bar_line(bar_view(view), *read) : read.error().message();
}

TEST(Bar, SaysTheProfileWhereEverythingIsAtHome)
{
    const auto view = at_home();

    EXPECT_EQ(line(view, "waybar"), R"({"text":"all-host","alt":"host","class":"host",)"
                                    R"("tooltip":"the host has all connectors"})");
    EXPECT_EQ(line(view, "i3blocks"), R"({"full_text":"all-host","short_text":"host"})");
    EXPECT_EQ(line(view, "polybar"), "all-host");
}

TEST(Bar, CountsWhatAGuestHasWhereNoProfileHolds)
{
    const auto view = with_keys_in_windows();

    EXPECT_EQ(line(view, "waybar"),
              R"({"text":"windows 1","alt":"guest","class":"guest","tooltip":"windows: keys"})");
    EXPECT_EQ(line(view, "i3blocks"), R"({"full_text":"windows 1","short_text":"guest","color":"#83a598"})");
    EXPECT_EQ(line(view, "polybar"), "%{F#83a598}windows 1%{F-}");
}

TEST(Bar, ATrialIsMorePressingThanAGuest)
{
    auto view = with_keys_in_windows();
    view.trial_seconds = 23;
    view.trial_way_back = "keys goes back to host";

    EXPECT_EQ(line(view, "waybar"), R"x({"text":"windows 1 (trial)","alt":"trial","class":"trial",)x"
                                    R"("tooltip":"windows: keys\nkeys goes back to host unless confirmed"})");
}

TEST(Bar, AQuestionIsMorePressingThanATrial)
{
    auto view = with_keys_in_windows();
    view.trial_seconds = 23;
    view.trial_way_back = "keys goes back to host";
    view.questions = {{.place = "3-2.1",
                       .connector = "rear",
                       .name = "Ultra <Fit> (0781:5583)",
                       .rule = "sticks",
                       .answers = {"windows", "host"},
                       .seconds = 42}};

    EXPECT_EQ(
        line(view, "waybar"),
        R"x({"text":"windows 1 ?","alt":"question","class":"question","tooltip":"windows: keys\n3-2.1 Ultra &lt;Fit&gt; (0781:5583) in rear: windows or host? The host in 42 s\nkeys goes back to host unless confirmed"})x");
    EXPECT_EQ(line(view, "{state}"), "question");
}

TEST(Bar, TellsWhatIsParkedReservedExpectedAndGivenAway)
{
    StatusView view;
    ConnectorView rear{.name = "rear", .owner = "host"};
    rear.devices = {{.place = "3-1", .name = "Webcam (046d:082d)", .owner = "windows", .rule = "cameras"}};
    rear.signs = {"given-away"};
    view.connectors = {
        rear,
        {.name = "front", .owner = "nobody", .signs = {"parked"}},
        {.name = "top", .owner = "windows", .signs = {"reserved"}},
        {.name = "desk", .owner = "host", .expect = "10c4:ea60", .signs = {"expected-missing"}}};

    const auto bar = bar_view(view);

    EXPECT_EQ(bar.state, BarState::guest);
    EXPECT_EQ(bar.lines,
              (std::vector<std::string>{"parked: front", "windows (reserved): top", "Webcam: windows has it",
                                        "desk: 10c4:ea60 is expected, and not there"}));
}

TEST(Bar, DoesNotGuessWhereTheRegistersCannotBeRead)
{
    auto view = with_keys_in_windows();
    view.unreadable = "cannot read the routing registers of 0000:00:14.0: Operation not permitted";

    const auto bar = bar_view(view);

    EXPECT_EQ(bar.state, BarState::unknown);
    EXPECT_EQ(bar.text, "unknown");
    EXPECT_EQ(bar.lines.back(), view.unreadable);
}

TEST(Bar, WithoutADaemonSaysWhy)
{
    const auto bar = bar_offline("the daemon does not answer at /run/x: No such file or directory");

    EXPECT_EQ(bar_line(bar, *read_bar_format("waybar")),
              R"({"text":"offline","alt":"offline","class":"offline",)"
              R"("tooltip":"the daemon does not answer at /run/x: No such file or directory"})");
    EXPECT_EQ(bar_line(bar, *read_bar_format("polybar")), "%{F#fb4934}offline%{F-}");
}

TEST(Bar, ATemplateHasItsFieldsAndItsBraces)
{
    const auto view = with_keys_in_windows();

    EXPECT_EQ(line(view, "USB: {text}"), "USB: windows 1");
    EXPECT_EQ(line(view, "{state}|{profile}|{owners}"), "guest||windows=keys");
    EXPECT_EQ(line(view, "{{{text}}}"), "{windows 1}");
}

TEST(Bar, RefusesAFormatThatItDoesNotKnowAndNamesThoseThatItDoes)
{
    EXPECT_EQ(line(at_home(), "wayland"),
              "--format wayland: write waybar, i3blocks, polybar, or a template such as 'USB: {text}'");
    EXPECT_EQ(line(at_home(), ""),
              "--format : write waybar, i3blocks, polybar, or a template such as 'USB: {text}'");
    EXPECT_EQ(line(at_home(), "{colour}"),
              "--format: there is no {colour}; use {text}, {state}, {profile}, {owners}");
    for (const auto* alone : {"{", "a{text", "text}{text}", "{text}}"})
        EXPECT_EQ(line(at_home(), alone), "--format: a brace has no partner; write {{ and }} for braces")
            << alone;
    EXPECT_EQ(line(at_home(), "{text}\n"), "--format: a template is one line of at most 1000 characters");
    EXPECT_EQ(line(at_home(), std::string(1001, '{')),
              "--format: a template is one line of at most 1000 characters");
}

TEST(Bar, NothingIsMarkupForWaybarAndNothingATagForPolybar)
{
    BarView bar;
    bar.text = "<b>&%{F#f00}";
    bar.lines = {"a < b"};

    EXPECT_EQ(bar_line(bar, *read_bar_format("waybar")),
              R"({"text":"&lt;b&gt;&amp;%{F#f00}","alt":"host","class":"host","tooltip":"a &lt; b"})");
    EXPECT_EQ(bar_line(bar, *read_bar_format("polybar")), "<b>&%%{F#f00}");
}

} // namespace
} // namespace usbroute::report
