// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "config/parse.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace usbroute::config {
namespace {

using topology::Side;

/// The example of DESIGN.md, section 6.
constexpr std::string_view example = R"(
[connector.front-left]
mux_bit = 3                     # XUSB2PR bit; the chip table gives EHCI and xHCI ports
superspeed = 2                  # optional SS port number of the same hole
panel = "front"                 # for the picture; row and column optional
[connector.rear-1]
mux_bit = 0
row = 1
column = 4
[connector.rear-4]
mux_bit = 0x5
[connector.dock]
usb = ["0000:00:14.0/2.1", "0000:00:14.0/ss3.1"]   # boards without the mux

[guest.windows]
controllers = ["0000:00:1d.0", "0000:00:1a.0"]     # what this guest was given
when_off = "reserve"
bind = "boot"

[profile.all-host]              # every connector not named belongs to the host
[profile.dac-on-ehci]           # keys are guests, or the plain sides ehci and xhci
ehci = ["rear-4"]
[profile.desk-in-windows]
windows = ["front-left", "rear-1"]
may_take_last_keyboard = true
[toggle]
profiles = ["all-host", "desk-in-windows"]

[listen.control]
unix = "/run/usbroute/control.sock"
group = "usbroute"
[listen.windows]
unix = "/run/usbroute/windows.sock"                # QEMU: -chardev socket,path=...
guest = "windows"
allow = ["toggle", "status"]
[listen.netcat]
tcp = "127.0.0.1:1410"
allow = ["toggle"]
)";

Settings settings_of(std::vector<SourceText> files)
{
    auto parsed = parse(files);
    if (parsed) return std::move(*parsed);
    for (const auto& problem : parsed.error()) ADD_FAILURE() << problem.text();
    return {};
}

Settings settings_of(std::string_view text) { return settings_of({{"usbroute.toml", std::string(text)}}); }

std::string problems_of(std::vector<SourceText> files)
{
    const auto parsed = parse(files);
    std::string lines;
    if (!parsed)
        for (const auto& problem : parsed.error()) lines += problem.text() + '\n';
    return lines;
}

std::string problems_of(std::string_view text) { return problems_of({{"f.toml", std::string(text)}}); }

TEST(Parse, AnEmptyFileMeansTheControlSocketForTheGroupUsbrouteAndNothingElse)
{
    const auto settings = settings_of("");

    EXPECT_TRUE(settings.connectors.empty() && settings.guests.empty() && settings.profiles.empty());
    ASSERT_EQ(settings.listeners.size(), 1U);
    const auto& control = settings.listeners[0];
    EXPECT_EQ(control.name.text(), "control");
    EXPECT_EQ(std::get<UnixAddress>(control.address).path, "/run/usbroute/control.sock");
    EXPECT_EQ(std::get<UnixAddress>(control.address).group, "usbroute");
    EXPECT_EQ(control.allow, all_verbs());
    EXPECT_EQ(control.guest, std::nullopt);
}

TEST(Parse, ReadsHubsAndTheirPortsAndWhatIsExpectedThere)
{
    const auto settings = settings_of(R"(
[connector.desk-2]
usb = ["desk/2", "desk/3.1"]
expect = "10C4:ea60"
[connector.rear-1]
usb = ["00:01.2/00.0 5", "00:01.2/00.0 ss1"]
[connector.front]
mux_bit = 3
seen = ["00:14.0 9"]
expect = "046d:c31c"
[hub.desk]
id = "2109:2813"
serial = "A1"
at = "00:01.2/00.0 5"
)");

    const auto& desk_2 = settings.connectors[0].spec;
    EXPECT_EQ(desk_2.places_told(), (std::vector<std::string>{"desk/2", "desk/3.1"}));
    EXPECT_EQ(desk_2.expect->text(), "10c4:ea60");
    const auto& rear_1 = settings.connectors[1].spec;
    EXPECT_TRUE(rear_1.places.empty());
    EXPECT_EQ(rear_1.places_told(), (std::vector<std::string>{"00:01.2/00.0 5", "00:01.2/00.0 ss1"}));
    EXPECT_EQ(settings.connectors[2].spec.seen.front().text(), "0000:00:14.0/9");
    ASSERT_EQ(settings.hubs.size(), 1U);
    const auto& desk = settings.hubs[0].spec;
    EXPECT_EQ(desk.name.text(), "desk");
    EXPECT_EQ(desk.id.text(), "2109:2813");
    EXPECT_EQ(desk.serial, "A1");
    EXPECT_EQ(topology::text_of(*desk.at), "00:01.2/00.0 5");
    EXPECT_TRUE(settings.has_sockets_to_give());
}

TEST(Parse, FindsAHubInAnotherFile)
{
    const auto settings = settings_of({{"connectors.toml", "[connector.desk-2]\nusb = [\"desk/2\"]\n"},
                                       {"usbroute.toml", "[hub.desk]\nid = \"2109:2813\"\n"}});

    EXPECT_EQ(settings.hubs.size(), 1U);
}

TEST(Parse, ReadsTheConnectorsOfTheExample)
{
    const auto settings = settings_of(example);

    ASSERT_EQ(settings.connectors.size(), 4U);
    const auto& front = settings.connectors[0];
    EXPECT_EQ(front.spec.name.text(), "front-left");
    EXPECT_EQ(front.spec.bit, chips::MuxBit{3});
    EXPECT_EQ(front.spec.superspeed, chips::SuperSpeedPort{2});
    EXPECT_EQ(front.panel, "front");
    EXPECT_EQ(front.row, std::nullopt);
    EXPECT_EQ(front.origin.text(), "usbroute.toml:2:12");
    EXPECT_EQ(settings.connectors[1].row, 1U);
    EXPECT_EQ(settings.connectors[1].column, 4U);
    EXPECT_EQ(settings.connectors[2].spec.bit, chips::MuxBit{5});
    const auto& dock = settings.connectors[3].spec;
    EXPECT_EQ(dock.bit, std::nullopt);
    ASSERT_EQ(dock.places.size(), 2U);
    EXPECT_EQ(dock.places[0].text(), "0000:00:14.0/2.1");
    EXPECT_EQ(dock.places[1].text(), "0000:00:14.0/ss3.1");
}

TEST(Parse, ReadsTheGuestsAndProfilesOfTheExample)
{
    const auto settings = settings_of(example);

    ASSERT_EQ(settings.guests.size(), 1U);
    const auto& windows = settings.guests[0];
    EXPECT_EQ(windows.name.text(), "windows");
    EXPECT_EQ(windows.controllers, (std::vector<PciAddress>{{0, 0, 0x1d, 0}, {0, 0, 0x1a, 0}}));
    EXPECT_EQ(windows.when_off, WhenOff::reserve);
    EXPECT_EQ(windows.bind, BindAt::boot);

    ASSERT_EQ(settings.profiles.size(), 3U);
    EXPECT_EQ(settings.profiles[0].name.text(), "all-host");
    EXPECT_TRUE(settings.profiles[0].entries.empty());
    ASSERT_EQ(settings.profiles[1].entries.size(), 1U);
    EXPECT_EQ(settings.profiles[1].entries[0].connector.text(), "rear-4");
    EXPECT_EQ(settings.profiles[1].entries[0].target, Target(Side::ehci));
    EXPECT_FALSE(settings.profiles[1].may_take_last_keyboard);
    ASSERT_EQ(settings.profiles[2].entries.size(), 2U);
    EXPECT_EQ(settings.profiles[2].entries[1].connector.text(), "rear-1");
    EXPECT_EQ(settings.profiles[2].entries[1].target, Target(GuestName("windows")));
    EXPECT_TRUE(settings.profiles[2].may_take_last_keyboard);
    EXPECT_EQ(settings.toggle, (std::vector{ProfileName("all-host"), ProfileName("desk-in-windows")}));
}

TEST(Parse, ReadsTheListenersOfTheExample)
{
    const auto settings = settings_of(example);

    ASSERT_EQ(settings.listeners.size(), 3U);
    EXPECT_EQ(settings.listeners[0].allow, all_verbs());
    const auto& windows = settings.listeners[1];
    EXPECT_EQ(std::get<UnixAddress>(windows.address).path, "/run/usbroute/windows.sock");
    EXPECT_EQ(std::get<UnixAddress>(windows.address).group, "");
    EXPECT_EQ(windows.guest, GuestName("windows"));
    EXPECT_EQ(windows.allow, (std::vector{Verb::toggle, Verb::status}));
    EXPECT_FALSE(windows.allows(Verb::move));
    const auto& netcat = std::get<TcpAddress>(settings.listeners[2].address);
    EXPECT_EQ(netcat.host, "127.0.0.1");
    EXPECT_EQ(netcat.port, 1410);
    EXPECT_EQ(settings.listeners[2].allow, (std::vector{Verb::toggle}));
}

TEST(Parse, ADoorForAGuestOrOverTcpMayToggleAndAskAndNoMoreUnlessTold)
{
    const auto settings = settings_of("[guest.w]\ncontrollers = ['00:1d.0']\n"
                                      "[listen.open]\nunix = '/run/a'\n"
                                      "[listen.guest]\nunix = '/run/b'\nguest = 'w'\n"
                                      "[listen.tcp]\ntcp = '[0:0::1]:65535'\n");

    ASSERT_EQ(settings.listeners.size(), 4U);
    EXPECT_EQ(settings.listeners[0].allow, all_verbs());
    EXPECT_EQ(settings.listeners[3].name, ListenerName("control"));
    EXPECT_EQ(settings.listeners[1].allow, (std::vector{Verb::toggle, Verb::status, Verb::confirm}));
    EXPECT_EQ(settings.listeners[2].allow, (std::vector{Verb::toggle, Verb::status, Verb::confirm}));
    EXPECT_EQ(std::get<TcpAddress>(settings.listeners[2].address).host, "::1");
}

TEST(Parse, TheControlSocketIsThereUnlessAnotherDoorTakesItsPlace)
{
    EXPECT_EQ(settings_of("").listeners.at(0).name, ListenerName("control"));
    EXPECT_EQ(settings_of("[listen.control]\nunix = '/run/c'\n").listeners.size(), 1U);
    EXPECT_EQ(settings_of("[listen.x]\nunix = '/run/usbroute/control.sock'\n").listeners.size(), 1U);
}

TEST(Parse, TheControlSocketIsForTheGroupUsbrouteUnlessAnotherIsNamed)
{
    const auto group_of = [](std::string_view text) {
        return std::get<UnixAddress>(settings_of(text).listeners.at(0).address).group;
    };

    EXPECT_EQ(group_of("[listen.control]\nunix = '/run/c'\n"), "usbroute");
    EXPECT_EQ(group_of("[listen.control]\nunix = '/run/c'\ngroup = 'wheel'\n"), "wheel");
    EXPECT_EQ(group_of("[listen.control]\nunix = '/run/c'\ngroup = ''\n"), "");
    EXPECT_EQ(group_of("[listen.other]\nunix = '/run/c'\n"), "");
}

TEST(Parse, KeepsTheOrderOfTheFile)
{
    const auto settings =
        settings_of("[profile.zebra]\nxhci = ['bit3', 'bit1']\nehci = ['bit2']\n[profile.ant]\n");

    EXPECT_EQ(settings.toggle_order(), (std::vector{ProfileName("zebra"), ProfileName("ant")}));
    ASSERT_EQ(settings.profiles[0].entries.size(), 3U);
    EXPECT_EQ(settings.profiles[0].entries[0].connector.text(), "bit3");
    EXPECT_EQ(settings.profiles[0].entries[1].connector.text(), "bit1");
    EXPECT_EQ(settings.profiles[0].entries[2].connector.text(), "bit2");
}

TEST(Parse, AProfileWrittenWithBitsStaysRightWhenTheSocketsGetNames)
{
    const std::vector<SourceText> files = {{"usbroute.toml", "[profile.p]\nehci = ['bit3', 'bit07']\n"},
                                           {"connectors.toml", "[connector.front]\nmux_bit = 3\n"}};

    const auto settings = settings_of(files);

    ASSERT_EQ(settings.profiles.size(), 1U);
    EXPECT_EQ(settings.profiles[0].entries.at(0).connector.text(), "front");
    EXPECT_EQ(settings.profiles[0].entries.at(1).connector.text(), "bit7");
}

TEST(Parse, MergesFilesWhateverTheirOrder)
{
    const SourceText by_hand = {"usbroute.toml",
                                "[guest.w]\ncontrollers = ['00:1d.0']\n[profile.p]\nw = ['front']\n"};
    const SourceText by_map = {"connectors.toml", "[connector.front]\nmux_bit = 3\n"};

    EXPECT_EQ(problems_of(std::vector{by_hand, by_map}), "");
    EXPECT_EQ(problems_of(std::vector{by_map, by_hand}), "");
}

TEST(Parse, NamesBothPlacesWhenTwoFilesSayTheSame)
{
    const std::vector<SourceText> files = {
        {"a.toml",
         "[connector.front]\nmux_bit = 3\n[toggle]\nprofiles = ['p', 'q']\n[profile.p]\n[profile.q]\n"},
        {"b.toml",
         "[connector.front]\nmux_bit = 4\n[connector.rear]\nmux_bit = 3\n[toggle]\nprofiles = ['q', 'p']\n"}};

    EXPECT_EQ(
        problems_of(files),
        "b.toml:1:12: [connector.front] is already in a.toml:1:12; keep one of the two\n"
        "b.toml:4:11: mux_bit 3 of 'rear' already belongs to 'front' (a.toml:1:12); two holes behind one hub are one connector: give both the same name, or name the second by its port of the hub: behind = \"front/2\"\n"
        "b.toml:5:2: [toggle] is already in a.toml:3:2; keep one of the two\n");
}

TEST(Parse, AFileThatCannotBeReadDoesNotMakeTheNamesOfOthersUnknown)
{
    const std::vector<SourceText> files = {
        {"connectors.toml", "[connector.front\n"},
        {"usbroute.toml",
         "[profile.p]\nwindows = ['front']\nmay_take_last_keyboard = 1\n[toggle]\nprofiles = ['x', 'y']\n"}};

    EXPECT_EQ(problems_of(files),
              "connectors.toml:1:17: not valid TOML, in table header: expected ']', saw '\\n'\n"
              "usbroute.toml:3:26: may_take_last_keyboard is a whole number; it must be true or false\n");
}

TEST(Parse, OneMistakeIsOneProblem)
{
    // The connector is faulty, yet the profile that names it is right.
    EXPECT_EQ(problems_of("[connector.front]\nmux_bit = 77\n[profile.p]\nehci = ['front']\n"),
              "f.toml:2:11: mux_bit is 77; it must be a whole number from 0 to 31\n");
}

TEST(Parse, ListsProblemsByFileAndLineAndCountsThoseBeyondFifty)
{
    std::string text = "[connector.c]\n";
    for (int i = 0; i < 60; ++i) text += "k" + std::to_string(i) + " = 1\n";
    text += "mux_bit = 'x'\n";
    const auto problems = parse(std::vector<SourceText>{{"f.toml", text}}).error();

    ASSERT_EQ(problems.size(), 51U);
    EXPECT_EQ(problems[0].origin.line, 2U);
    EXPECT_EQ(problems[49].origin.line, 51U);
    EXPECT_EQ(problems[50].text(), "11 more problems are not listed");
}

TEST(Parse, SaysWhichFileIsTooLarge)
{
    const std::string just_right(std::size_t{1} << 20, '\n');

    EXPECT_EQ(problems_of(just_right), "");
    EXPECT_EQ(problems_of(just_right + '\n'),
              "f.toml: the file has 1048577 bytes; usbroute reads at most 1048576\n");
}

std::string many(int count, std::string_view section, std::string_view body)
{
    std::string text;
    for (int i = 0; i < count; ++i) {
        auto line = std::string(body);
        if (const auto at = line.find('#'); at != std::string::npos) line.replace(at, 1, std::to_string(i));
        text += "[" + std::string(section) + ".n" + std::to_string(i) + "]\n" + line + "\n";
    }
    return text;
}

TEST(Parse, TakesSoManyOfEachAndNoMore)
{
    EXPECT_EQ(problems_of(many(256, "connector", "usb = ['#:00:14.0/1']")), "");
    EXPECT_EQ(problems_of(many(257, "connector", "usb = ['#:00:14.0/1']")),
              "f.toml:513:12: more than 256 connectors; usbroute takes at most 256\n");
    EXPECT_EQ(problems_of(many(65, "guest", "controllers = ['00:1d.0']")),
              "f.toml:129:8: more than 64 guests; usbroute takes at most 64\n");
    EXPECT_EQ(problems_of(many(257, "profile", "")),
              "f.toml:513:10: more than 256 profiles; usbroute takes at most 256\n");
    EXPECT_EQ(problems_of(many(33, "listen", "unix = '/run/#'")),
              "f.toml:65:9: more than 32 listeners; usbroute takes at most 32\n");
}

TEST(Parse, RefusesDeepNestingBeforeItCanCostTheStack)
{
    std::string dotted = "[a";
    for (int i = 0; i < 500'000; ++i) dotted += ".a";

    EXPECT_EQ(problems_of("x = " + std::string(200'000, '[')),
              "f.toml:1:13: lists or inline tables are nested too deeply; at most 8 levels are read\n");
    EXPECT_EQ(problems_of(dotted + "]\n"),
              "f.toml:1:1: this line has more than 128 dots outside strings; no setting needs so many\n");
}

TEST(Parse, TheDeepestFileThatIsReadIsOnlyWrong)
{
    std::string key = "a";
    for (int i = 0; i < 127; ++i) key += ".a";
    std::string text = "[" + key + "]\n" + key + " = ";
    for (int level = 0; level < 3; ++level) text += "[\n{" + key + " = ";
    text += "1";
    for (int level = 0; level < 3; ++level) text += "}\n]";

    EXPECT_EQ(
        problems_of(text),
        "f.toml:1:2: unknown table 'a'; known: toggle, routes, connector, guest, profile, listen, hub, rule\n");
}

TEST(Parse, DotsInCommentsAndStringsAreNoKeys)
{
    std::string dots;
    for (int i = 0; i < 1000; ++i) dots += ". ";

    EXPECT_EQ(problems_of("# " + dots + "\n"), "");
    EXPECT_EQ(
        problems_of("[profile.p]\nhost = ['" + dots + "', \"" + dots + "\", '\\', \"\\\"" + dots + "\"]\n")
            .substr(0, 28),
        "f.toml:2:9: unknown connecto");
}

TEST(Parse, WordsOfAnyLanguageMayStandInComments)
{
    EXPECT_EQ(
        problems_of("\xef\xbb\xbf# vorne \u2013 \u524d\n[profile.p] # \u043f\u0435\u0440\u0435\u0434\n"), "");
}

TEST(Parse, ACommentEndsWhereItsLineEnds)
{
    EXPECT_EQ(
        problems_of("# ''' \" \u00e9\n\u00e9"),
        "f.toml:2:1: '\u00e9' cannot stand here; characters beyond ASCII are allowed only in comments\n");
}

TEST(Parse, AHashInAStringBeginsNoComment)
{
    for (const std::string string : {"'#'", "\"#\"", "\"\\\"#\"", "'''\n#'''", "\"\"\"\n\\\"\"\"#\"\"\"\"\""})
        EXPECT_NE(problems_of("x = " + string + " \u00e9").find("'\u00e9' cannot stand here"),
                  std::string::npos)
            << string;
}

TEST(Settings, VerbsAndTargetsKeepTheirWords)
{
    for (const auto verb : all_verbs()) EXPECT_EQ(verb_from(text_of(verb)), verb);
    for (const auto* word : {"host", "ehci", "xhci", "windows"}) EXPECT_EQ(text_of(target_from(word)), word);

    EXPECT_EQ(all_verbs().size(), 10U);
    EXPECT_EQ(verb_from("why"), Verb::why); // a way to read, so `status` is the right to it
    EXPECT_EQ(verb_from("halt"), std::nullopt);
    EXPECT_EQ(target_from("xhci"), Target(Side::xhci));
    EXPECT_EQ(target_from("Host"), Target(GuestName("Host")));
}

TEST(Settings, FindsByName)
{
    const auto settings = settings_of(example);

    EXPECT_EQ(settings.connector(ConnectorName("rear-1"))->spec.bit, chips::MuxBit{0});
    EXPECT_EQ(settings.connector(ConnectorName("rear")), nullptr);
    EXPECT_EQ(settings.guest(GuestName("windows")), &settings.guests[0]);
    EXPECT_EQ(settings.profile(ProfileName("all-host")), &settings.profiles[0]);
    EXPECT_EQ(settings.specs().size(), 4U);
}

} // namespace
} // namespace usbroute::config
