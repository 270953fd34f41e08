// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Which rule counts for a device: a table of devices, rules and who has it. Scenarios of vhotplug, EVE and Qubes are among them, in our
// order: what is more specific counts, wherever it is written.

#include "base/check.hpp"
#include "base/format.hpp"
#include "config/parse.hpp"
#include "plan/rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::plan {
namespace {

constexpr std::string_view around_the_rules = R"(
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
[guest.cam]
qmp = "/run/cam.qmp"
)";

/// Each as { match } -> to, one a line.
std::vector<config::RuleSettings>
rules_from(const std::vector<std::pair<std::string_view, std::string_view>>& rules)
{
    std::string text(around_the_rules);
    int number = 0;
    for (const auto& [match, to] : rules) {
        const bool is_always = to == "always";
        text += format("[rule.r{}]\nmatch = {{ {} }}\n{}\n", ++number, match,
                       is_always               ? std::string("to = \"host\"\nalways = true")
                       : to.starts_with("ask") ? std::string(to)
                                               : format("to = \"{}\"", to));
    }
    const std::array files{config::SourceText{.name = "rules.toml", .text = text}};
    auto parsed = config::parse(files);
    if (!parsed) ADD_FAILURE() << parsed.error().front().text();
    USBROUTE_CHECK(parsed.has_value());
    return std::move(parsed->rules);
}

topology::Device a_keyboard()
{
    topology::Device device;
    device.path = *topology::PortPath::parse("3-1");
    device.vendor = 0x046d;
    device.product = 0xc31c;
    device.manufacturer = "Logitech";
    device.product_name = "USB Keyboard";
    device.serial = "KB1";
    device.interfaces = {{.number = 0, .device_class = 3, .subclass = 1, .protocol = 1, .driver = "usbhid"},
                         {.number = 1, .device_class = 3, .subclass = 0, .protocol = 0, .driver = "usbhid"}};
    return device;
}

topology::Device a_headset()
{
    auto device = a_keyboard();
    device.product = 0x0a66;
    device.product_name = "Headset";
    device.serial.clear();
    device.interfaces = {{.number = 0, .device_class = 1, .subclass = 1, .protocol = 0, .driver = ""},
                         {.number = 1, .device_class = 3, .subclass = 0, .protocol = 0, .driver = ""}};
    return device;
}

topology::Device a_stick()
{
    auto device = a_keyboard();
    device.vendor = 0x0781;
    device.product = 0x5583;
    device.manufacturer = "SanDisk";
    device.product_name = "Ultra Fit";
    device.serial = "4C53";
    device.interfaces = {{.number = 0, .device_class = 8, .subclass = 6, .protocol = 0x50, .driver = ""}};
    return device;
}

/// "windows by r2", "socket", "hand".
std::string told(const Judgement& judgement)
{
    switch (judgement.by) {
    case Authority::socket: return "socket";
    case Authority::by_hand: return "hand";
    case Authority::socket_by_hand: return "socket by hand";
    case Authority::rule: break;
    }
    const auto& rule = *judgement.rule;
    return (rule.ask.empty() ? config::text_of(rule.to) : std::string("ask")) + " by " + rule.name.text();
}

struct Scenario {
    const char* name;
    topology::Device device;
    std::string_view socket; ///< empty: in none
    std::vector<std::string_view> hubs;
    std::vector<std::pair<std::string_view, std::string_view>> rules;
    std::string_view expected;
};

RuledDevice device_of(const Scenario& scenario)
{
    RuledDevice device{.device = scenario.device};
    if (!scenario.socket.empty()) device.socket = ConnectorName(std::string(scenario.socket));
    for (const auto hub : scenario.hubs) device.hubs.emplace_back(std::string(hub));
    return device;
}

const std::vector<Scenario>& scenarios()
{
    static const std::vector<Scenario> all{
        {"no rule is for it", a_keyboard(), "rear-1", {}, {{R"(id = "1050:0407")", "linux"}}, "socket"},
        {"all that one rule says has to hold",
         a_keyboard(),
         "rear-1",
         {},
         {{R"(id = "046d:c31c", socket = "rear-2")", "linux"},
          {R"(id = "046d:c31c", serial = "KB2")", "linux"},
          {R"(id = "046d:c31c", removable = false)", "linux"},
          {R"(id = "046d:c31c", class = "audio")", "linux"}},
         "socket"},
        // The order.
        {"a device at a socket counts more than its serial number",
         a_keyboard(),
         "rear-1",
         {},
         {{R"(serial = "KB1")", "linux"}, {R"(id = "046d:c31c", socket = "rear-1")", "windows"}},
         "windows by r2"},
        {"a serial number more than an id",
         a_keyboard(),
         "rear-1",
         {},
         {{R"(id = "046d:c31c")", "linux"}, {R"(serial = "KB1")", "windows"}},
         "windows by r2"},
        {"an id more than the socket",
         a_keyboard(),
         "rear-1",
         {},
         {{R"(socket = "rear-1")", "linux"}, {R"(id = "046d:c31c")", "windows"}},
         "windows by r2"},
        {"the socket more than a hub",
         a_keyboard(),
         "rear-1",
         {"desk"},
         {{R"(hub = "desk")", "linux"}, {R"(socket = "rear-1")", "windows"}},
         "windows by r2"},
        {"the nearer hub more than the other",
         a_keyboard(),
         "",
         {"desk", "dock"},
         {{R"(hub = "dock")", "linux"}, {R"(hub = "desk")", "windows"}},
         "windows by r2"},
        {"a hub more than a class",
         a_keyboard(),
         "",
         {"desk"},
         {{R"(class = "hid")", "linux"}, {R"(hub = "desk")", "windows"}},
         "windows by r2"},
        {"always counts above all",
         a_keyboard(),
         "rear-1",
         {},
         {{R"(serial = "KB1", id = "046d:c31c", socket = "rear-1")", "windows"},
          {R"(class = "hid")", "always"}},
         "host by r2"},
        {"in a rank, who says more",
         a_keyboard(),
         "rear-1",
         {},
         {{R"(class = "hid")", "linux"}, {R"(interface = "03/01/01")", "windows"}},
         "windows by r2"},
        {"a question is an answer as well",
         a_stick(),
         "",
         {},
         {{R"(class = "storage")", "linux"}, {R"(id = "0781:5583")", "ask = [\"windows\", \"host\"]"}},
         "ask by r2"},
        // vhotplug: rules by class, interface, name, removable, with a list of what is denied; there the first one counts.
        {"vhotplug: keyboards and mice to the guest for input",
         a_keyboard(),
         "",
         {},
         {{R"(interface = "03/01")", "linux"}},
         "linux by r1"},
        {"vhotplug: deny of one model is a rule by its id",
         a_keyboard(),
         "",
         {},
         {{R"(interface = "03/01")", "linux"}, {R"(id = "046d:c31c")", "host"}},
         "host by r2"},
        {"vhotplug: deny does not depend on where it is written",
         a_keyboard(),
         "",
         {},
         {{R"(id = "046d:c31c")", "host"}, {R"(interface = "03/01")", "linux"}},
         "host by r1"},
        {"vhotplug: product names are patterns, whatever their case",
         a_stick(),
         "",
         {},
         {{R"(name = "*ultra*")", "linux"}},
         "linux by r1"},
        {"vhotplug: removable disks alone",
         a_stick(),
         "",
         {},
         {{R"(class = "08", removable = true)", "windows"}},
         "windows by r1"},
        {"vhotplug: a fixed disk is not removable",
         [] {
             auto fixed = a_stick();
             fixed.removable = false;
             return fixed;
         }(),
         "",
         {},
         {{R"(class = "08", removable = true)", "windows"}},
         "socket"},
        {"vhotplug: a root port and all behind it is a socket and its hub",
         a_stick(),
         "rear-1",
         {"desk"},
         {{R"(socket = "rear-1")", "cam"}, {R"(interface = "08/06/50")", "windows"}},
         "cam by r1"},
        {"vhotplug: allowedVms is a question",
         a_stick(),
         "",
         {},
         {{R"(class = "storage")", "ask = [\"cam\", \"windows\"]"}},
         "ask by r1"},
        // EVE: do, no, forbid; ports before ids, which is the other way round here; forbid wins; hubs are forbidden.
        {"EVE: forbid wins over all",
         a_stick(),
         "rear-1",
         {},
         {{R"(id = "0781:5583", socket = "rear-1")", "windows"}, {R"(id = "0781:5583")", "always"}},
         "host by r2"},
        {"EVE: a device is before its port, an importer says so",
         a_stick(),
         "rear-1",
         {},
         {{R"(socket = "rear-1")", "windows"}, {R"(id = "0781:5583")", "linux"}},
         "linux by r2"},
        {"EVE: and-ed in a group, port and id",
         a_stick(),
         "rear-2",
         {},
         {{R"(id = "0781:5583", socket = "rear-1")", "windows"}},
         "socket"},
        {"EVE: a group of alternatives is a rule each",
         a_stick(),
         "",
         {},
         {{R"(id = "0781:5583")", "windows"}, {R"(id = "046d:c31c")", "windows"}},
         "windows by r1"},
        {"EVE: hubs never",
         [] {
             auto hub = a_stick();
             hub.device_class = 9;
             hub.hub_ports = 4;
             return hub;
         }(),
         "rear-1",
         {},
         {{R"(id = "0781:5583")", "windows"}, {R"(socket = "rear-1")", "linux"}},
         "socket"},
        // Qubes: a port with a device, a device, a port; what is unknown at a port; deny by interface.
        {"Qubes: port and device before device",
         a_stick(),
         "rear-1",
         {},
         {{R"(id = "0781:5583")", "linux"}, {R"(id = "0781:5583", socket = "rear-1")", "windows"}},
         "windows by r2"},
        {"Qubes: the device at another port is the device's",
         a_stick(),
         "rear-2",
         {},
         {{R"(id = "0781:5583")", "linux"}, {R"(id = "0781:5583", socket = "rear-1")", "windows"}},
         "linux by r1"},
        {"Qubes: an unknown device at a port is the port's",
         a_headset(),
         "rear-1",
         {},
         {{R"(socket = "rear-1")", "windows"}, {R"(id = "0781:5583")", "linux"}},
         "windows by r1"},
        {"Qubes: deny by interface keeps what also is something else",
         a_headset(),
         "",
         {},
         {{R"(class = "audio")", "windows"}, {R"(interface = "hid")", "always"}},
         "host by r2"},
        {"Qubes: a twin with another serial number is not meant",
         [] {
             auto twin = a_stick();
             twin.serial = "4C54";
             return twin;
         }(),
         "",
         {},
         {{R"(id = "0781:5583", serial = "4C53")", "windows"}},
         "socket"},
        // What a device says of itself can be anything.
        {"a serial number with control characters is only compared",
         [] {
             auto evil = a_stick();
             evil.serial = "\x1b]0;4C53\x07\n";
             return evil;
         }(),
         "",
         {},
         {{R"(serial = "4C53")", "windows"}},
         "socket"},
        {"a name that looks like a pattern is none",
         [] {
             auto evil = a_stick();
             evil.product_name = "*";
             evil.manufacturer.clear();
             return evil;
         }(),
         "",
         {},
         {{R"(name = "Ultra Fit")", "windows"}},
         "socket"},
        {"a device without names fits only a pattern for anything",
         [] {
             auto mute = a_stick();
             mute.product_name.clear();
             mute.manufacturer.clear();
             return mute;
         }(),
         "",
         {},
         {{R"(name = "?*")", "windows"}},
         "socket"},
    };
    return all;
}

TEST(WhichRule, EachScenario)
{
    for (const auto& scenario : scenarios()) {
        const auto rules = rules_from(scenario.rules);
        EXPECT_EQ(told(judge(device_of(scenario), rules)), scenario.expected) << scenario.name;
    }
}

TEST(WhichRule, TheOrderInWhichTheyAreWrittenDoesNotCount)
{
    for (const auto& scenario : scenarios()) {
        auto rules = rules_from(scenario.rules);
        std::ranges::sort(rules, {}, &config::RuleSettings::name);
        do EXPECT_EQ(told(judge(device_of(scenario), rules)), scenario.expected) << scenario.name;
        while (std::ranges::next_permutation(rules, {}, &config::RuleSettings::name).found);
    }
}

TEST(WhichRule, ADeviceMovedByItsNameIsBelowAlwaysAlone)
{
    const auto keyboard = a_keyboard();
    RuledDevice device{.device = keyboard, .by_hand = topology::SeatId(GuestName("linux"))};

    EXPECT_EQ(told(judge(device, rules_from({{R"(id = "046d:c31c", serial = "KB1")", "windows"}}))), "hand");
    EXPECT_EQ(told(judge(device, rules_from({{R"(class = "hid")", "always"}}))), "host by r1");
}

TEST(WhichRule, ASocketThatWasMovedIsAsARuleForThisSocketAndNewer)
{
    const auto keyboard = a_keyboard();
    RuledDevice device{.device = keyboard,
                       .socket = ConnectorName("rear-1"),
                       .hubs = {HubName("desk")},
                       .socket_by_hand = topology::SeatId(GuestName("linux"))};

    EXPECT_EQ(told(judge(device, rules_from({{R"(socket = "rear-1")", "windows"}}))), "socket by hand");
    EXPECT_EQ(told(judge(device, rules_from({{R"(hub = "desk")", "windows"}}))), "socket by hand");
    EXPECT_EQ(told(judge(device, rules_from({{R"(class = "hid")", "windows"}}))), "socket by hand");
    EXPECT_EQ(told(judge(device, rules_from({{R"(socket = "rear-1", class = "hid")", "windows"}}))),
              "windows by r1");
    EXPECT_EQ(told(judge(device, rules_from({{R"(id = "046d:c31c")", "windows"}}))), "windows by r1");
}

TEST(WhichRule, WhatLostSaysWhy)
{
    const auto keyboard = a_keyboard();
    const RuledDevice device{
        .device = keyboard, .socket = ConnectorName("rear-1"), .hubs = {HubName("desk"), HubName("dock")}};
    const auto rules = rules_from({{R"(class = "hid")", "linux"},
                                   {R"(interface = "03/01/01")", "windows"},
                                   {R"(hub = "dock")", "linux"},
                                   {R"(hub = "desk")", "windows"},
                                   {R"(serial = "KB1")", "linux"}});

    std::string lost;
    for (const auto& one : judge(device, rules).lost) lost += one.rule->name.text() + ": " + one.why + "\n";
    EXPECT_EQ(lost, "r1: r5 counts more: by serial number\n"
                    "r2: r5 counts more: by serial number\n"
                    "r3: r5 counts more: by serial number\n"
                    "r4: r5 counts more: by serial number\n");

    const auto without_serial = std::span(rules).first(4);
    EXPECT_EQ(judge(device, without_serial).lost[2].why, "r4 counts more: hub desk is nearer");
    EXPECT_EQ(judge(device, std::span(rules).first(2)).lost[0].why,
              "r2 counts more: it says more of the device");
}

TEST(WhichRule, TenThousandRulesAreAskedInAMoment)
{
    std::vector<config::RuleSettings> rules;
    for (int i = 0; i < 10'000; ++i)
        rules.push_back({.name = RuleName(format("r{}", i)),
                         .match = {.name = "*a*a*a*a*a*a*a*a*b", .removable = true},
                         .to = GuestName("windows"),
                         .origin = {}});
    auto device = a_stick();
    device.product_name = std::string(126, 'a');

    const auto begin = std::chrono::steady_clock::now();

    EXPECT_EQ(told(judge({.device = device}, rules)), "socket");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

} // namespace
} // namespace usbroute::plan
