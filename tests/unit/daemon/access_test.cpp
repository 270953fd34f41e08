// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/parse.hpp"
#include "daemon/access.hpp"
#include "daemon/listeners.hpp"
#include "plan/rights.hpp"
#include "wire/command.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace usbroute::daemon {
namespace {

using config::ListenerSettings;
using config::Settings;
using config::Target;
using config::Verb;

/// Two guests; windows has front and rear in profiles, linux has rear. Only all-host and desk are in the round.
Settings settings()
{
    const auto entry = [](const char* connector, const char* target) {
        return config::ProfileEntry{ConnectorName(connector), config::target_from(target)};
    };
    Settings settings;
    settings.guests = {{.name = GuestName("windows")}, {.name = GuestName("linux")}};
    settings.profiles = {
        {.name = ProfileName("all-host")},
        {.name = ProfileName("desk"), .entries = {entry("front", "windows"), entry("sound", "ehci")}},
        {.name = ProfileName("rare"), .entries = {entry("rear", "windows")}},
        {.name = ProfileName("other"), .entries = {entry("back", "linux")}}};
    settings.toggle = {ProfileName("all-host"), ProfileName("desk")};
    return settings;
}

ListenerSettings for_everybody() { return config::default_control_listener(); }

ListenerSettings over_tcp(std::vector<config::Lift> may = {})
{
    return {.name = ListenerName("netcat"),
            .address = config::TcpAddress{.host = "127.0.0.1", .port = 1410},
            .allow = config::all_verbs(),
            .may = std::move(may)};
}

ListenerSettings for_windows()
{
    return {.name = ListenerName("windows"), .guest = GuestName("windows"), .allow = config::all_verbs()};
}

std::string verdict(const ListenerSettings& listener, std::string_view line)
{
    const auto command = wire::read_command(line);
    EXPECT_TRUE(command) << line;
    return plan::why_not_allowed(listener, settings(), *command).value_or("allowed");
}

TEST(Access, AllowsOnlyTheVerbsOfTheListener)
{
    auto listener = for_everybody();
    listener.allow = {Verb::toggle, Verb::status};

    EXPECT_EQ(verdict(listener, "toggle"), "allowed");
    EXPECT_EQ(verdict(listener, "status"), "allowed");
    EXPECT_EQ(verdict(listener, "undo"), "listener control does not allow undo");
    EXPECT_EQ(verdict(listener, "plan toggle"), "listener control does not allow plan");
    EXPECT_EQ(verdict(listener, "move front windows"), "listener control does not allow move");
}

TEST(Access, LetsTheControlSocketDoEverything)
{
    for (const auto* line :
         {"move anything ehci yes=1", "apply rare force-disk=sdb", "toggle rare other", "undo"})
        EXPECT_EQ(verdict(for_everybody(), line), "allowed") << line;
}

TEST(Access, LetsAGuestMoveOnlyWhatItsProfilesGiveIt)
{
    EXPECT_EQ(verdict(for_windows(), "move front windows"), "allowed");
    EXPECT_EQ(verdict(for_windows(), "move front rear host"), "allowed");
    EXPECT_EQ(verdict(for_windows(), "move back windows"),
              "windows may not move back: no profile gives it to windows");
    EXPECT_EQ(verdict(for_windows(), "move front sound host"),
              "windows may not move sound: no profile gives it to windows");
    EXPECT_EQ(verdict(for_windows(), "plan move back host"),
              "windows may not move back: no profile gives it to windows");
}

TEST(Access, LetsAGuestNameOnlyItselfAndTheHost)
{
    for (const auto* line :
         {"move front linux", "move front ehci", "move front xhci", "plan move front linux"})
        EXPECT_EQ(verdict(for_windows(), line), "windows may move connectors to itself and to host") << line;
}

TEST(Access, LetsAGuestApplyOnlyProfilesOfTheRound)
{
    EXPECT_EQ(verdict(for_windows(), "toggle"), "allowed");
    EXPECT_EQ(verdict(for_windows(), "apply desk"), "allowed");
    EXPECT_EQ(verdict(for_windows(), "toggle all-host desk"), "allowed");
    EXPECT_EQ(verdict(for_windows(), "apply rare"),
              "windows may not apply rare: it is not in the toggle round");
    EXPECT_EQ(verdict(for_windows(), "toggle desk other"),
              "windows may not apply other: it is not in the toggle round");
}

TEST(Access, DoesNotLetAGuestLiftAGuard)
{
    for (const auto* line : {"toggle yes=1", "move front windows force-disk=sdb", "plan toggle yes=1"})
        EXPECT_EQ(verdict(for_windows(), line),
                  "windows may not lift a guard of the host: leave out yes=1 and force-disk=")
            << line;
}

TEST(Access, DoesNotLetAGuestLiftAGuardWhateverItsListenerSays)
{
    auto listener = for_windows();
    listener.may = config::all_lifts();

    for (const auto* line : {"toggle yes=1", "toggle force-disk=sdb", "toggle revert-after=0"})
        EXPECT_NE(verdict(listener, line), "allowed") << line;
}

TEST(Access, LiftsAGuardOnlyWithTheRightToIt)
{
    struct Case {
        const char* line;
        config::Lift needs;
    };
    constexpr std::array cases{
        Case{"toggle yes=1", config::Lift::yes},
        Case{"move front windows yes=1", config::Lift::yes},
        Case{"undo yes=1", config::Lift::yes},
        Case{R"({"do":"toggle","yes":true})", config::Lift::yes},
        Case{R"({"do":"plan","plan":{"do":"toggle","yes":true}})", config::Lift::yes},
        Case{"plan toggle yes=1", config::Lift::yes},
        Case{"toggle force-disk=sdb", config::Lift::force_disk},
        Case{R"({"do":"undo","force_disks":["sdb"]})", config::Lift::force_disk},
        Case{"toggle revert-after=0", config::Lift::no_trial},
        Case{"apply rare revert-after=0s", config::Lift::no_trial},
        Case{R"({"do":"move","connectors":["front"],"to":"host","revert_after":0})", config::Lift::no_trial},
    };

    for (const auto& [line, needs] : cases) {
        EXPECT_EQ(verdict(for_everybody(), line), "allowed") << line;
        EXPECT_EQ(verdict(over_tcp({needs}), line), "allowed") << line;
        EXPECT_NE(verdict(over_tcp(), line), "allowed") << line;
        for (const auto other : config::all_lifts()) {
            if (other == needs) continue;
            EXPECT_NE(verdict(over_tcp({other}), line), "allowed") << line;
        }
    }
    EXPECT_EQ(verdict(over_tcp(), "toggle revert-after=30s"), "allowed");
    EXPECT_EQ(
        verdict(over_tcp(), "toggle yes=1 force-disk=sdc revert-after=0"),
        "listener netcat does not have the right yes that yes=1 needs; use the control socket, or grant it: may = [\"yes\"] in [listen.netcat]");
}

TEST(Access, TellsAGuestNothingOfOtherSocketsAndOfTheRegisters)
{
    EXPECT_EQ(verdict(for_windows(), "why front"), "allowed");
    EXPECT_EQ(verdict(for_windows(), "why back"),
              "windows may not ask about back: no profile gives it to windows");
    EXPECT_EQ(verdict(for_windows(), "why nothing"),
              "windows may not ask about nothing: no profile gives it to windows");
    EXPECT_EQ(verdict(for_windows(), "regs"),
              "windows may not read the registers: they tell of every socket of the host");
    EXPECT_EQ(verdict(for_everybody(), "regs"), "allowed");
}

TEST(Access, LetsInRootTheDaemonsOwnUserAndTheGroup)
{
    const Members members{.own_user = 500, .group = 77};

    EXPECT_TRUE(may_enter(members, {.user = 0, .groups = {0}}));
    EXPECT_TRUE(may_enter(members, {.user = 500, .groups = {500}}));
    EXPECT_TRUE(may_enter(members, {.user = 1000, .groups = {1000, 77}}));
    EXPECT_FALSE(may_enter(members, {.user = 1000, .groups = {1000, 78}}));
    EXPECT_FALSE(may_enter({.own_user = 500, .group = std::nullopt}, {.user = 1000, .groups = {1000, 0}}));
}

TEST(ListenersHere, LieBelowTheRootOfARecordedMachine)
{
    const std::vector<ListenerSettings> configured = {
        {.name = ListenerName("control"),
         .address = config::UnixAddress{.path = "/run/usbroute/control.sock"}},
        {.name = ListenerName("windows"),
         .address = config::UnixAddress{.path = "/run/usbroute/windows.sock"}},
        {.name = ListenerName("netcat"), .address = config::TcpAddress{.host = "127.0.0.1", .port = 1410}}};
    linux_::Locations locations{.root = "/tmp/m/", .recorded = true};
    const auto path = [](const ListenerSettings& listener) {
        return std::get<config::UnixAddress>(listener.address).path;
    };

    auto here = listeners_here(configured, locations);
    EXPECT_EQ(path(here[0]), "/tmp/m/run/usbroute/control.sock");
    EXPECT_EQ(path(here[1]), "/tmp/m/run/usbroute/windows.sock");

    locations.socket = "/tmp/c.sock";
    locations.socket_was_named = true;
    here = listeners_here(configured, locations);
    EXPECT_EQ(path(here[0]), "/tmp/c.sock");
    EXPECT_EQ(here.size(), 3u);

    here = listeners_here({configured[2]}, locations);
    ASSERT_EQ(here.size(), 2u);
    EXPECT_EQ(path(here[1]), "/tmp/c.sock");
}

} // namespace
} // namespace usbroute::daemon
