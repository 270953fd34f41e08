// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "fakes/boards.hpp"
#include "map/mapping.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace usbroute::map {
namespace {

using topology::Side;
using topology::Snapshot;
using Kind = Line::Kind;

/// What was told, without the questions, a line each.
std::string told(const Reaction& reaction)
{
    std::vector<std::string> texts;
    for (const auto& line : reaction.lines)
        if (line.kind != Kind::question) texts.push_back(line.text);
    return join(texts, "\n");
}

/// A person at a Z97 board.
struct Desk {
    Snapshot machine = fakes::z97();
    Mapping mapping;

    explicit Desk(std::string by_map = {}, std::string by_hand = {})
        : mapping(*Mapping::create(
              {{"usbroute.toml", std::move(by_hand)}, {"connectors.toml", std::move(by_map)}}, fakes::z97()))
    {}

    Reaction look() { return mapping.look(machine); }
    Reaction plug(std::string_view place, std::string name = "Stick")
    {
        add(place, std::move(name));
        return look();
    }
    topology::Device& add(std::string_view place, std::string name = "Stick")
    {
        auto& device = fakes::plug(machine, place, std::move(name));
        const bool superspeed = place.starts_with("4-");
        device.speed = {superspeed ? 5'000'000u : 480'000u};
        return device;
    }
    void unplug(std::string_view place)
    {
        machine.devices.erase_if([&](const auto& device) { return device->path.text() == place; });
    }
    std::string say(std::string_view line) { return told(mapping.answer(line)); }
    [[nodiscard]] const config::ConnectorSettings* connector(std::string_view name) const
    {
        return mapping.settings().connector(ConnectorName(std::string(name)));
    }
};

TEST(Map, NamesASocketByWhereADeviceAppeared)
{
    Desk desk;

    const auto seen = desk.plug("3-5");
    EXPECT_EQ(told(seen),
              "Stick (1234:5678), 480 Mbit/s, on xHCI port 5, bit 8 of XUSB2PR; twin: EHCI port #2.1");
    EXPECT_EQ(desk.mapping.prompt(), "name? [rear-1] ");

    const auto named = desk.mapping.answer("");
    EXPECT_EQ(told(named), "rear-1 it is");
    EXPECT_TRUE(named.save);
    EXPECT_EQ(desk.connector("rear-1")->spec.bit, chips::MuxBit{8});
    EXPECT_EQ(desk.connector("rear-1")->panel, "rear");
    EXPECT_EQ(desk.connector("rear-1")->column, 1u);
}

TEST(Map, KnowsTheSameSocketOnEitherSide)
{
    Desk desk;
    desk.plug("1-1.1"); // behind the rate matching hub of EHCI #2
    desk.say("front-left");
    desk.unplug("1-1.1");
    desk.look();

    EXPECT_EQ(
        told(desk.plug("3-5")),
        "Stick (1234:5678), 480 Mbit/s, on xHCI port 5, bit 8 of XUSB2PR; twin: EHCI port #2.1 is already front-left");
}

TEST(Map, DoesNotAskAboutWhatWasThereBefore)
{
    Desk desk;
    fakes::plug_keyboard(desk.machine, "3-3");
    desk.mapping.settle(desk.machine);

    EXPECT_TRUE(desk.look().lines.empty());
}

TEST(Map, AsksAboutWhatIsPresentWhenItIsTold)
{
    Desk desk("[connector.a]\nmux_bit = 0\n");
    desk.add("3-1");
    desk.add("3-5").removable = false;
    auto& hub = desk.add("1-1", "Hub");
    hub.vendor = 0x8087;
    hub.device_class = 9;
    desk.add("1-1.3");
    desk.mapping.settle(desk.machine);

    EXPECT_EQ(desk.say("present").substr(0, 14), "Stick (1234:56");
    EXPECT_EQ(desk.mapping.prompt(), "name? [rear-1] "); // behind EHCI #2's rate matching hub
    EXPECT_EQ(desk.say("").substr(0, 12), "rear-1 it is");
    EXPECT_EQ(desk.mapping.prompt(), "name? [internal-1] ");
    EXPECT_EQ(desk.say(""), "internal-1 it is");
    EXPECT_EQ(desk.say("present"), "everything that is plugged in is in a socket with a name");
}

TEST(Map, OffersAnInternalNameForAWirelessReceiver)
{
    Desk desk;
    auto& receiver = desk.add("3-2", "USB Receiver");
    for (std::uint8_t i = 0; i < 3; ++i)
        receiver.interfaces.push_back(
            {.number = i, .device_class = 3, .subclass = 1, .protocol = 1, .driver = {}});

    EXPECT_TRUE(told(desk.look()).ends_with("; a wireless receiver, it seems"));
    EXPECT_EQ(desk.mapping.prompt(), "name? [internal-1] ");
}

TEST(Map, TakesAPanelForItsNextFreeNumberAndOffersThatPanelFromThen)
{
    Desk desk;
    desk.plug("3-1");
    EXPECT_EQ(desk.say("front"), "front-1 it is");
    desk.plug("3-2");
    EXPECT_EQ(desk.mapping.prompt(), "name? [front-2] ");
    EXPECT_EQ(desk.say("dac rear 2 3"), "dac it is");
    EXPECT_EQ(desk.connector("dac")->row, 2u);
    EXPECT_EQ(desk.connector("dac")->column, 3u);
    desk.plug("3-3");
    EXPECT_EQ(desk.mapping.prompt(), "name? [rear-1] ");
}

TEST(Map, RefusesWhatIsNoNameAndAsksOn)
{
    Desk desk;
    desk.plug("3-1");
    for (const char* wrong : {"-x", "a/b", "host", "x same", "x rear 0 1", "x rear 1", "bit7", "\x1b[2J"}) {
        const auto reaction = desk.mapping.answer(wrong);
        ASSERT_FALSE(reaction.lines.empty()) << wrong;
        EXPECT_EQ(reaction.lines.back().kind, Kind::refused) << wrong;
        EXPECT_FALSE(reaction.save) << wrong;
        EXPECT_EQ(desk.mapping.prompt(), "name? [rear-1] ") << wrong;
    }
    EXPECT_TRUE(desk.mapping.settings().connectors.empty());
}

TEST(Map, AddsTheSuperSpeedHalfToTheConnectorThatFirmwarePairsItWith)
{
    Desk desk("[connector.rear-1]\nmux_bit = 0\n");
    const auto port = topology::PortPath::parse("4-2");
    const topology::HubPort hub_port{.place = *port,
                                     .connect_type = "hotplug",
                                     .peer = topology::PortPath::parse("3-1"),
                                     .location = 0x2200};
    desk.machine.ports.put(port->bus(), {std::make_shared<std::vector<topology::HubPort>>(1, hub_port)});

    const auto seen = desk.plug("4-2", "Fast");
    EXPECT_EQ(told(seen),
              "Fast (1234:5678), 5000 Mbit/s, on SuperSpeed port 2\nfirmware pairs it with rear-1");
    EXPECT_EQ(desk.say(""), "rear-1 has SuperSpeed port 2");
    EXPECT_EQ(desk.connector("rear-1")->spec.superspeed, chips::SuperSpeedPort{2});
}

TEST(Map, WantsTheOtherHalfFirstWhereNobodyPairsThem)
{
    Desk desk;
    desk.plug("4-2");
    EXPECT_EQ(desk.mapping.prompt(), "name? [skip] ");
    EXPECT_TRUE(desk.say("rear-1").starts_with("only the SuperSpeed half of this socket was seen so far"));
    EXPECT_EQ(desk.say(""), "left without a name");
    EXPECT_TRUE(desk.mapping.settings().connectors.empty());
}

TEST(Map, TakesTheTwoHalvesOfAHubForOneSocketInAnyOrder)
{
    for (const bool together : {true, false}) {
        for (const bool usb2_first : {true, false}) {
            Desk desk;
            const auto first = usb2_first ? "3-1" : "4-1";
            const auto second = usb2_first ? "4-1" : "3-1";
            desk.add(first, "Hub").device_class = 9;
            if (!together) desk.look();
            desk.add(second, "Hub").device_class = 9;
            desk.look();

            desk.say("dock-1");

            ASSERT_NE(desk.connector("dock-1"), nullptr);
            EXPECT_EQ(desk.connector("dock-1")->spec.bit, chips::MuxBit{0});
            EXPECT_EQ(desk.connector("dock-1")->spec.superspeed, chips::SuperSpeedPort{1});
            EXPECT_EQ(desk.mapping.prompt(), "plug something in, or type done> ");
        }
    }
}

TEST(Map, KeepsAQuestionWhenTheDeviceIsGoneOrComesTwice)
{
    Desk desk;
    desk.plug("3-1");
    desk.unplug("3-1");
    EXPECT_TRUE(desk.look().lines.empty());
    EXPECT_TRUE(desk.plug("3-1").lines.empty());
    desk.plug("3-2");
    desk.unplug("3-2");
    desk.look();
    EXPECT_EQ(desk.say("one").substr(0, 9), "one it is");
    EXPECT_EQ(desk.say("two"), "two it is");
    EXPECT_EQ(desk.mapping.prompt(), "plug something in, or type done> ");
    EXPECT_EQ(desk.connector("one")->spec.bit, chips::MuxBit{0});
    EXPECT_EQ(desk.connector("two")->spec.bit, chips::MuxBit{1});
}

/// Of a hub with a stick in it, plugged in at once or one after the other, only the hub's socket counts.
TEST(Map, SeesTheSocketOfAHubAndNotWhatHangsOnIt)
{
    Desk desk;
    desk.add("3-1", "Hub").device_class = 9;
    desk.add("3-1.2");
    desk.look();
    EXPECT_EQ(desk.say("one"), "one it is");

    // A socket of the hub itself is one of its own, on boards with the mux too.
    const auto seen = desk.plug("3-1.3");
    EXPECT_EQ(told(seen), "Stick (1234:5678), 480 Mbit/s, on 0000:00:14.0/1.3, behind Hub (1234:5678)");
    desk.say("dock-1");
    EXPECT_EQ(desk.connector("dock-1")->spec.places, std::vector{*topology::UsbPlace::parse("00:14.0/1.3")});
}

TEST(Map, KeepsTheMeasuredTruthWhereTheTableContradicts)
{
    Desk desk;
    desk.plug("3-5");
    desk.say("odd");
    desk.plug("1-1.4"); // by the table another bit
    EXPECT_TRUE(
        desk.say("odd").starts_with("odd is bit 8 so far, but according to the chip table this is bit 11."));
    EXPECT_EQ(desk.say("odd same"), "odd also has this place");

    EXPECT_EQ(desk.connector("odd")->spec.bit, chips::MuxBit{8});
    EXPECT_EQ(desk.connector("odd")->spec.seen, std::vector{*topology::UsbPlace::parse("00:1a.0/1.4")});
    desk.unplug("1-1.4");
    desk.look();
    EXPECT_TRUE(told(desk.plug("1-1.4")).ends_with("is already odd"));
}

TEST(Map, StoresWhereADeviceCameWhenItsSocketWasMoved)
{
    Desk desk;
    desk.plug("3-5");
    desk.say("odd");
    static_cast<void>(desk.mapping.answer("verify"));
    EXPECT_EQ(desk.mapping.prompt(), "move odd to its twin and back, now? [y/N] ");
    EXPECT_EQ(desk.say("n"), "odd stays where it is");
    static_cast<void>(desk.mapping.answer("verify odd"));
    EXPECT_EQ(desk.mapping.answer("y").check_twin, ConnectorName("odd"));

    const auto expected = topology::UsbPlace::parse("00:1a.0/1.1");
    const auto elsewhere = topology::UsbPlace::parse("00:1a.0/1.5");
    EXPECT_FALSE(desk.mapping.checked({ConnectorName("odd"), Side::ehci, expected, expected}).save);
    EXPECT_FALSE(desk.mapping.checked({ConnectorName("odd"), Side::ehci, expected, std::nullopt}).save);
    EXPECT_TRUE(desk.mapping.checked({ConnectorName("odd"), Side::ehci, expected, elsewhere}).save);
    EXPECT_EQ(desk.connector("odd")->spec.seen, std::vector{*elsewhere});
}

TEST(Map, VerifiesOnlyWhatCanFollow)
{
    Desk desk("[connector.empty]\nmux_bit = 1\n[connector.plain]\nusb = ['00:14.0/1.1']\n");
    EXPECT_EQ(desk.say("verify"), "say which: verify NAME");
    EXPECT_TRUE(desk.say("verify empty").starts_with("there is nothing in empty"));
    EXPECT_TRUE(desk.say("verify plain").starts_with("plain has no twin"));
    EXPECT_EQ(desk.say("verify empt"), "there is no connector empt; did you mean empty?");
}

TEST(Map, NeverTakesTheOnlyKeyboardAwayToVerify)
{
    Desk desk("[connector.keys]\nmux_bit = 2\n");
    fakes::plug_keyboard(desk.machine, "3-3");
    desk.look();
    EXPECT_TRUE(desk.say("verify keys").starts_with("keys holds the only keyboard"));

    fakes::plug_keyboard(desk.machine, "3-7");
    desk.look();
    EXPECT_EQ(desk.say("skip"), "");
    EXPECT_EQ(desk.say("verify keys"), "Keyboard (1234:5678) will be gone for a moment");
}

TEST(Map, RenamesRemovesAndPlaces)
{
    Desk desk("[connector.a]\nmux_bit = 1\n", "[connector.mine]\nmux_bit = 2\n");
    EXPECT_EQ(desk.say("rename a b"), "a is b now");
    EXPECT_EQ(desk.say("rename b mine"), "mine is taken");
    EXPECT_EQ(desk.say("rename mine x"),
              "mine is in usbroute.toml:1:12, which is written by hand: change it there");
    EXPECT_EQ(desk.say("place b front 1 2"), "b has its place");
    EXPECT_EQ(desk.connector("b")->column, 2u);
    EXPECT_EQ(desk.say("place b front 1"), "row and column go together, and are numbers from 1 to 99");
    EXPECT_EQ(desk.say("remove b"), "b no longer has a name");
    EXPECT_EQ(desk.connector("b"), nullptr);
    EXPECT_EQ(desk.say("remove"), "write it like this: remove NAME");
    EXPECT_EQ(desk.say("hello"),
              "nothing is waiting for a name: plug something in; `help` shows what else can be typed");
}

TEST(Map, NeverRemovesWhatAProfileNeeds)
{
    Desk desk("[connector.a]\nmux_bit = 1\n", "[profile.p]\nehci = ['a']\n");

    const auto reaction = desk.mapping.answer("remove a");

    EXPECT_FALSE(reaction.save);
    EXPECT_EQ(reaction.lines.back().kind, Kind::refused);
    EXPECT_NE(desk.connector("a"), nullptr);
}

TEST(Map, WritesWhatItReads)
{
    Desk desk;
    for (const char* place : {"3-1", "3-5", "2-1.3"}) {
        desk.plug(place);
        desk.say("");
    }
    const auto text = desk.mapping.connectors_toml();

    const auto again = Mapping::create({{"usbroute.toml", ""}, {"connectors.toml", text}}, fakes::z97());

    ASSERT_TRUE(again);
    EXPECT_EQ(again->settings().specs(), desk.mapping.settings().specs());
    EXPECT_EQ(again->settings().connectors.size(), 3u);
}

TEST(Map, DoesNotBeginWhereItWouldLoseWhatSomebodyWrote)
{
    for (const char* more : {"[profile.p]\nehci = ['a']\n", "[guest.g]\ncontrollers = ['00:1d.0']\n",
                             "[toggle]\nprofiles = []\n", "[listen.x]\ntcp = '127.0.0.1:1'\n"}) {
        const auto text = std::string("[connector.a]\nmux_bit = 1\n") + more;
        EXPECT_FALSE(Mapping::create({{"usbroute.toml", ""}, {"connectors.toml", text}}, fakes::z97()))
            << more;
    }
}

TEST(Map, NamesSocketsByPlaceWhereThereIsNoMux)
{
    const auto machine = fakes::recorded("amd-a520m");
    auto mapping = *Mapping::create({{"usbroute.toml", ""}, {"connectors.toml", ""}}, machine.snapshot);
    auto now = machine.snapshot;
    const auto& bus = now.controllers.back().buses.front();
    auto& device = fakes::plug(now, std::to_string(bus.number) + "-2", "Stick");
    device.speed = {480'000};

    const auto reaction = mapping.look(now);
    static_cast<void>(mapping.answer("front-1"));

    ASSERT_EQ(mapping.settings().connectors.size(), 1u) << told(reaction);
    EXPECT_EQ(mapping.settings().connectors[0].spec.places_told(),
              std::vector<std::string>{"00:08.1/00.3 2"});
}

/// Whatever is plugged, pulled and typed, in any order: the configuration is always one that can be read, and
/// nothing is lost that had a name.
TEST(Map, StaysRightUnderAnyOrderOfEvents)
{
    constexpr std::array places{"3-1", "3-2", "3-5", "1-1.1", "2-1.2", "4-1", "4-2", "3-1.1", "4-1.1"};
    constexpr std::array lines{"",         "front",           "rear",    "skip", "dac",
                               "dac same", "remove rear-1",   "verify",  "y",    "rename dac usb",
                               "list",     "place dac front", "\xff\x01"};
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        Desk desk;
        for (int step = 0; step < 60; ++step) {
            const auto* place = places.at(random() % places.size());
            if (random() % 2 == 0) {
                static_cast<void>(desk.mapping.answer(lines.at(random() % lines.size())));
            } else if (desk.machine.device_at(*topology::PortPath::parse(place)) != nullptr) {
                desk.unplug(place);
                desk.look();
            } else {
                desk.add(place).device_class = random() % 3 == 0 ? 9 : 0;
                desk.look();
            }
            const auto again = Mapping::create(
                {{"usbroute.toml", ""}, {"connectors.toml", desk.mapping.connectors_toml()}}, fakes::z97());
            ASSERT_TRUE(again) << "seed " << seed << " step " << step;
            ASSERT_EQ(again->settings().specs(), desk.mapping.settings().specs());
        }
    }
}

} // namespace
} // namespace usbroute::map
