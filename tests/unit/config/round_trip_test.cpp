// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/parse.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace usbroute::config {
namespace {

using Random = std::mt19937;

/// 0 to `below` - 1. Not a distribution of the library: those differ between libraries.
std::size_t any_of(Random& random, std::size_t below) { return random() % below; }
bool perhaps(Random& random) { return any_of(random, 2) == 0; }

/// Names that try the quoting: dots, leading underscores, digits only, and words of TOML.
std::string some_name(Random& random, std::size_t number)
{
    constexpr std::array stems = {"front-left", "rear.top.", "_x", "0", "true", "Inf", "a"};
    return format("{}{}", stems.at(any_of(random, stems.size())), number);
}

ConnectorSettings some_connector(Random& random, std::size_t number)
{
    ConnectorSettings connector;
    connector.spec.name = ConnectorName(some_name(random, number));
    if (number < 32 && perhaps(random)) {
        connector.spec.bit = chips::MuxBit{static_cast<std::uint8_t>(number)};
        if (number < 15 && perhaps(random))
            connector.spec.superspeed = chips::SuperSpeedPort{static_cast<std::uint8_t>(number + 1)};
        if (perhaps(random))
            connector.spec.seen = {{.controller = {0, 0, 0x14, 0},
                                    .superspeed = false,
                                    .ports = {static_cast<std::uint8_t>(number + 1)}}};
    } else if (perhaps(random)) {
        const auto port = static_cast<std::uint8_t>(number + 1);
        if (perhaps(random))
            connector.spec.on_hubs = {{.hub = HubName("desk.1"), .ports = {port, 255}}};
        else
            connector.spec.ways = {{.way = {.root = {0, 0, 1, 2}, .below = {{.device = 0, .function = 1}}},
                                    .superspeed = perhaps(random),
                                    .ports = {port, 255}}};
    } else {
        const auto port = static_cast<std::uint8_t>(number + 1);
        const auto places = 1 + any_of(random, 4);
        for (std::size_t i = 0; i < places; ++i)
            connector.spec.places.push_back(
                {.controller = {0x10000, 0xff, 0x1f, static_cast<std::uint8_t>(i)},
                 .superspeed = perhaps(random),
                 .ports = {port, 255}});
    }
    if (perhaps(random)) connector.spec.expect = UsbIds{.vendor = 0x10c4, .product = 0xea60};
    if (perhaps(random)) connector.panel = "front.1";
    if (perhaps(random)) connector.row = 1 + any_of(random, 99);
    if (perhaps(random)) connector.column = 1 + any_of(random, 99);
    return connector;
}

GuestSettings some_guest(Random& random, std::size_t number)
{
    GuestSettings guest;
    guest.name = GuestName("vm." + std::to_string(number));
    for (std::uint8_t i = 0; i <= any_of(random, 3); ++i) guest.controllers.push_back({0, 0, 0x1a, i});
    if (perhaps(random)) guest.on_plug = std::array{OnPlug::ask, OnPlug::resume}.at(any_of(random, 2));
    guest.when_off = std::array{WhenOff::host, WhenOff::reserve, WhenOff::stay}.at(any_of(random, 3));
    if (perhaps(random)) guest.grace = std::chrono::milliseconds(any_of(random, 600'001));
    if (perhaps(random))
        guest.qmp = "/run/q \"mp\"";
    else if (perhaps(random))
        guest.libvirt = LibvirtSettings{.domain = "win \"11\" " + std::to_string(number),
                                        .user = perhaps(random) ? std::string("alice") : std::string(),
                                        .by = perhaps(random) ? LibvirtBy::descriptor : LibvirtBy::number};
    guest.bind = perhaps(random) ? BindAt::manual : BindAt::boot;
    if (guest.takes_devices() && perhaps(random)) guest.bind = BindAt::running;
    guest.may_take_last_keyboard = perhaps(random);
    if (guest.takes_devices() && perhaps(random)) {
        guest.controllers.clear();
        guest.bind = BindAt::manual;
    }
    if (!guest.takes_devices()) guest.on_plug = OnPlug::nothing;
    if (guest.libvirt && perhaps(random)) guest.on_plug = OnPlug::start;
    if (guest.takes_devices() && perhaps(random))
        guest.on_move = {*PciAddress::parse(format("0000:{:02x}:00.0", 16 + number))};
    return guest;
}

/// Entries come grouped by target, as a file cannot have them otherwise.
ProfileSettings some_profile(Random& random, std::size_t number, const Settings& settings)
{
    ProfileSettings profile;
    profile.name = ProfileName(some_name(random, number));
    profile.may_take_last_keyboard = perhaps(random);
    std::vector<Target> targets = {ToHost{}, topology::Side::ehci, topology::Side::xhci};
    for (const auto& guest : settings.guests) targets.emplace_back(guest.name);
    std::size_t next = 0;
    for (const auto& target : targets)
        for (; next < settings.connectors.size() && any_of(random, 3) != 0; ++next)
            profile.entries.push_back({settings.connectors[next].spec.name, target});
    return profile;
}

ListenerSettings some_listener(Random& random, std::size_t number, const Settings& settings)
{
    ListenerSettings listener;
    listener.name = ListenerName(number == 0 ? "control" : some_name(random, number));
    const auto port = static_cast<std::uint16_t>(65535 - number);
    if (perhaps(random))
        listener.address = TcpAddress{perhaps(random) ? "127.0.0.1" : "::1", port};
    else {
        listener.address = UnixAddress{format("/run/a \"b\\c' # {}", number), perhaps(random) ? "wheel" : ""};
        if (!settings.guests.empty() && perhaps(random)) listener.guest = settings.guests.front().name;
        if (listener.guest && number != 0 && perhaps(random))
            listener.address = ConnectAddress{format("/run/a \"b\\c' # {}", number)};
    }
    listener.per_minute =
        perhaps(random) ? static_cast<std::uint32_t>(any_of(random, 1000)) : default_per_minute(listener);
    for (const auto lift : all_lifts())
        if (!listener.guest && perhaps(random)) listener.may.push_back(lift);
    for (const auto verb : all_verbs())
        if (perhaps(random)) listener.allow.push_back(verb);
    if (listener.allow.empty()) listener.allow.push_back(Verb::regs);
    return listener;
}

/// Each with an id of its own, so that no two contradict each other.
RuleSettings some_rule(Random& random, std::size_t number, const Settings& settings)
{
    RuleSettings rule;
    rule.name = RuleName(some_name(random, number));
    rule.match.id = UsbIds{.vendor = 0x046d, .product = static_cast<std::uint16_t>(number)};
    if (perhaps(random)) rule.match.serial = "A \"1\" \\ # \xc3\xa9 \xe2\x82\xac \xf0\x9f\x96\xb1";
    if (perhaps(random)) rule.match.name = "*'Key?board'*";
    if (perhaps(random)) rule.match.device_class = topology::UsbClass{.base = 3};
    if (perhaps(random)) rule.match.interfaces = {{.base = 0x42}, {.base = 3, .subclass = 1, .protocol = 2}};
    if (perhaps(random)) rule.match.interfaces = {{.base = 8, .subclass = 6}};
    if (!settings.connectors.empty() && perhaps(random))
        rule.match.socket = settings.connectors.front().spec.name;
    if (perhaps(random)) rule.match.hub = settings.hubs.front().spec.name;
    if (perhaps(random)) rule.match.removable = perhaps(random);
    rule.always = perhaps(random);
    if (rule.always) return rule;
    if (perhaps(random)) rule.to = ToNobody{};
    for (const auto& guest : settings.guests)
        if (guest.takes_devices()) rule.to = guest.name;
    return rule;
}

Settings some_settings(Random& random)
{
    Settings settings;
    for (std::size_t i = any_of(random, 40); i-- > 0;)
        settings.connectors.push_back(some_connector(random, i));
    HubSettings desk;
    desk.spec = {.name = HubName("desk.1"), .id = {.vendor = 0x2109, .product = 0x2813}};
    if (perhaps(random)) desk.spec.serial = "A \"1\"";
    if (perhaps(random)) desk.spec.at = topology::told_place_from("00:01.2/00.0 5.1");
    settings.hubs.push_back(std::move(desk));
    for (std::size_t i = any_of(random, 4); i-- > 0;) settings.guests.push_back(some_guest(random, i));
    for (std::size_t i = any_of(random, 8); i-- > 0;)
        settings.rules.push_back(some_rule(random, i, settings));
    settings.remember = perhaps(random);
    for (std::size_t i = any_of(random, 6); i-- > 0;)
        settings.profiles.push_back(some_profile(random, i, settings));
    if (!settings.profiles.empty() && !settings.guests.empty() && perhaps(random))
        settings.guests.back().on_start = settings.profiles.back().name;
    if (settings.profiles.size() >= 2)
        settings.toggle = {settings.profiles[1].name, settings.profiles[0].name};
    for (std::size_t i = 1 + any_of(random, 4); i-- > 0;)
        settings.listeners.push_back(some_listener(random, i, settings));
    if (perhaps(random)) settings.on_drift = OnDrift::report;
    return settings;
}

/// What makes settings equal: all but where they stood.
auto parts(const ConnectorSettings& c) { return std::tie(c.spec, c.panel, c.row, c.column); }
auto parts(const HubSettings& h) { return std::tie(h.spec.name, h.spec.id, h.spec.serial, h.spec.at); }
auto parts(const GuestSettings& g)
{
    return std::tie(g.name, g.controllers, g.when_off, g.grace, g.on_start, g.qmp, g.libvirt, g.bind,
                    g.may_take_last_keyboard, g.on_plug);
}
auto parts(const RuleSettings& r) { return std::tie(r.name, r.match, r.to, r.ask, r.answer_after, r.always); }
auto parts(const ProfileEntry& e) { return std::tie(e.connector, e.target); }
std::string address_of(const ListenerSettings& listener)
{
    if (const auto* tcp = std::get_if<TcpAddress>(&listener.address))
        return format("{} {}", tcp->host, tcp->port);
    if (const auto* connect = std::get_if<ConnectAddress>(&listener.address)) return "to " + connect->path;
    const auto& local = std::get<UnixAddress>(listener.address);
    return format("{} {}", local.path, local.group);
}
auto parts(const ListenerSettings& l)
{
    return std::tuple(l.name, l.guest, l.allow, l.may, l.per_minute, address_of(l));
}

template <class Item> void expect_equal(const std::vector<Item>& left, const std::vector<Item>& right)
{
    ASSERT_EQ(left.size(), right.size());
    for (std::size_t i = 0; i < left.size(); ++i)
        EXPECT_TRUE(parts(left[i]) == parts(right[i])) << "entry " << i;
}

void expect_equal(const Settings& left, const Settings& right)
{
    EXPECT_EQ(left.on_drift, right.on_drift);
    EXPECT_EQ(left.remember, right.remember);
    expect_equal(left.rules, right.rules);
    expect_equal(left.connectors, right.connectors);
    expect_equal(left.hubs, right.hubs);
    expect_equal(left.guests, right.guests);
    ASSERT_EQ(left.profiles.size(), right.profiles.size());
    for (std::size_t i = 0; i < left.profiles.size(); ++i) {
        EXPECT_EQ(left.profiles[i].name, right.profiles[i].name);
        EXPECT_EQ(left.profiles[i].may_take_last_keyboard, right.profiles[i].may_take_last_keyboard);
        expect_equal(left.profiles[i].entries, right.profiles[i].entries);
    }
    EXPECT_EQ(left.toggle, right.toggle);
    expect_equal(left.listeners, right.listeners);
}

TEST(ToToml, WhatItWritesIsReadBackAsTheSameSettings)
{
    Random random(1);
    for (int round = 0; round < 300 && !testing::Test::HasFailure(); ++round) {
        const auto settings = some_settings(random);
        const auto text = to_toml(settings);

        const auto again = parse(std::vector<SourceText>{{"shown.toml", text}});

        ASSERT_TRUE(again.has_value()) << again.error().front().text() << "\n" << text;
        expect_equal(settings, *again);
        EXPECT_EQ(to_toml(*again), text);
    }
}

TEST(ToToml, ReadsAsAPersonWouldWriteIt)
{
    const auto settings = parse(std::vector<SourceText>{
        {"f.toml",
         "connector.\"rear.1\" = {superspeed = 0x2, mux_bit = 0b11}\nguest.w.controllers = ['00:1d.0']\n"
         "profile.p = {w = ['rear.1'], may_take_last_keyboard = true}\n"}});

    ASSERT_TRUE(settings.has_value());
    EXPECT_EQ(to_toml(*settings), R"([connector."rear.1"]
mux_bit = 3
superspeed = 2

[guest.w]
controllers = ["0000:00:1d.0"]
when_off = "host"
bind = "manual"

[profile.p]
w = ["rear.1"]
may_take_last_keyboard = true

[listen.control]
unix = "/run/usbroute/control.sock"
group = "usbroute"
allow = ["status", "move", "apply", "toggle", "undo", "plan", "subscribe", "regs", "confirm", "answer"]
may = ["yes", "force-disk", "no-trial"]
)");
}

constexpr std::string_view valid = R"(
[connector.front-left]
mux_bit = 3 # comment
superspeed = 0x2
panel = "front\u0041"
row = 1
[connector.dock]
usb = ["0000:00:14.0/2.1", '0000:00:14.0/ss3.1']
[guest.windows]
controllers = ["0000:00:1d.0",
   "0000:00:1a.0"]
when_off = """host"""
bind = 'boot'
[profile.all-host]
[profile]
desk = {windows = ["front-left", "bit1"], may_take_last_keyboard = true}
[toggle]
profiles = ["all-host", "desk"]
[listen.control]
unix = "/run/usbroute/control.sock"
guest = "windows"
allow = ["toggle", "status"]
[listen.netcat]
tcp = "[::1]:1410"
)";

/// Whatever the text is: there are settings, or problems that each fit a line of a terminal.
void expect_an_answer(const std::string& text)
{
    const auto parsed = parse(std::vector<SourceText>{{"f.toml", text}});
    if (parsed) return;
    EXPECT_FALSE(parsed.error().empty());
    for (const auto& problem : parsed.error()) EXPECT_EQ(printable(problem.text(), 100'000), problem.text());
}

TEST(Parse, EveryBeginningOfAFileGetsAnAnswer)
{
    ASSERT_TRUE(parse(std::vector<SourceText>{{"f.toml", std::string(valid)}}).has_value());

    for (std::size_t length = 0; length <= valid.size(); ++length)
        expect_an_answer(std::string(valid.substr(0, length)));
}

std::string mutated(Random& random)
{
    constexpr std::array<std::string_view, 18> pieces = {
        "[",  "]", "[[a]]\n", "{", "}",      "\"",       "'''",   "\"\"\"", "\\u202e",
        "\n", "=", ".",       ",", "\x1b[m", "\xff\xfe", "1e400", "#",      "[listen.x]\n"};
    std::string text(valid);
    for (auto changes = 1 + any_of(random, 4); changes-- > 0;) {
        const auto at = any_of(random, text.size());
        switch (any_of(random, 5)) {
        case 0: text[at] = static_cast<char>(any_of(random, 256)); break;
        case 1: text.erase(at, 1 + any_of(random, 20)); break;
        case 2: text.insert(at, pieces.at(any_of(random, pieces.size()))); break;
        case 3: text.insert(at, text.substr(any_of(random, text.size()), any_of(random, 60))); break;
        default: text[at] = static_cast<char>(text[at] ^ (1 << any_of(random, 8))); break;
        }
        if (text.empty()) text = "=";
    }
    return text;
}

TEST(Parse, TwoThousandDamagedFilesGetAnAnswerEach)
{
    Random random(2);
    for (int round = 0; round < 2000; ++round) {
        const auto text = mutated(random);
        SCOPED_TRACE(text);
        expect_an_answer(text);
    }
}

} // namespace
} // namespace usbroute::config
