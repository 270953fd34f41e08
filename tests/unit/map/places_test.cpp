// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "fakes/boards.hpp"
#include "map/mapping.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::map {
namespace {

using topology::PortPath;
using Kind = Line::Kind;

/// A person at a board without a mux, of which nothing has a name. Buses 1 and 2 are 00:01.2/00.0, buses 3 and 4 00:08.1/00.3; the
/// kernel pairs ports of equal numbers, and firmware says nothing.
struct PlainDesk {
    topology::Snapshot machine = fakes::recorded("amd-a520m").snapshot;
    Mapping mapping;

    explicit PlainDesk(std::string by_map = {}, std::string by_hand = {}, bool by_firmware = false)
        : mapping(begin(std::move(by_map), std::move(by_hand), by_firmware))
    {}

    Mapping begin(std::string by_map, std::string by_hand, bool by_firmware)
    {
        if (by_firmware) firmware_says();
        auto begun = Mapping::create(
            {{"usbroute.toml", std::move(by_hand)}, {"connectors.toml", std::move(by_map)}}, machine);
        return std::move(*begun);
    }
    /// What the kernel pairs is firmware's word.
    void firmware_says()
    {
        std::vector<topology::SharedHub> hubs;
        for (const auto& hub : machine.ports) {
            auto ports = *hub;
            for (auto& port : ports)
                if (port.peer) port.location = 0x100u + port.place.ports().front();
            hubs.push_back(std::make_shared<const std::vector<topology::HubPort>>(std::move(ports)));
        }
        machine.ports = topology::in_order(std::move(hubs));
    }
    topology::Device& add(std::string_view place, std::string name = "Stick")
    {
        auto& device = fakes::plug(machine, place, std::move(name));
        if (device.path.bus() % 2 == 0) device.speed = {5'000'000};
        return device;
    }
    topology::Device& add_hub(std::string_view place, std::uint16_t product = 0x0610, std::string serial = {})
    {
        auto& hub = add(place, "Hub");
        hub.vendor = 0x05e3;
        hub.product = product;
        hub.device_class = 9;
        hub.hub_ports = 4;
        hub.serial = std::move(serial);
        return hub;
    }
    /// A hub that was there before.
    void with_hub(std::string_view place, std::uint16_t product = 0x0610, std::string serial = {})
    {
        add_hub(place, product, std::move(serial));
        mapping.settle(machine);
    }
    void unplug(std::string_view place)
    {
        machine.devices.erase_if([&](const auto& device) { return device->path.text() == place; });
        EXPECT_TRUE(mapping.look(machine).lines.empty());
    }
    std::string look() { return told(mapping.look(machine)); }
    std::string plug(std::string_view place, std::string name = "Stick")
    {
        add(place, std::move(name));
        return look();
    }
    std::string say(std::string_view line) { return told(mapping.answer(line)); }
    /// The connectors and hubs as they would be written.
    [[nodiscard]] std::string written() const
    {
        const auto text = mapping.connectors_toml();
        return text.substr(text.find("\n\n") + 2);
    }
    [[nodiscard]] std::string usb_of(std::string_view name) const
    {
        const auto* found = mapping.settings().connector(ConnectorName(std::string(name)));
        return found == nullptr ? "nothing" : join(found->spec.places_told(), ", ");
    }
    [[nodiscard]] std::string concluded() const
    {
        return told({.lines = mapping.conclusion(), .check_twin = {}});
    }
    static std::string told(const Reaction& reaction)
    {
        std::vector<std::string> texts;
        for (const auto& line : reaction.lines)
            if (line.kind != Kind::question) texts.push_back(line.text);
        return join(texts, "\n");
    }
};

TEST(MapPlaces, LearnsBothHalvesInOneGoWhereFirmwareSaysWhichTheyAre)
{
    for (const char* place : {"3-4", "4-4"}) {
        PlainDesk desk({}, {}, true);

        EXPECT_NE(desk.plug(place).find("firmware says that its "), std::string::npos);
        EXPECT_EQ(desk.say("rear-4"), "rear-4 it is");

        const auto usb = desk.usb_of("rear-4");
        EXPECT_NE(usb.find("00:08.1/00.3 4"), std::string::npos) << usb;
        EXPECT_NE(usb.find("00:08.1/00.3 ss4"), std::string::npos) << usb;
        EXPECT_EQ(desk.concluded().find("not learned"), std::string::npos);
    }
}

TEST(MapPlaces, WritesNoGuessAndSaysWhatToPlugIn)
{
    PlainDesk desk;
    desk.plug("3-4");

    EXPECT_EQ(
        desk.say("rear-4"),
        "rear-4 it is\nthe SuperSpeed half of rear-4 was not learned: plug a USB 3 stick into the same socket; the kernel guesses, from equal numbers, that it is 0000:30:00.3/ss4 (`pair rear-4` takes that word for it)");

    EXPECT_EQ(desk.usb_of("rear-4"), "00:08.1/00.3 4");
    EXPECT_EQ(
        desk.concluded(),
        "learned: rear-4, 00:08.1/00.3 4, panel rear, column 4\n"
        "not learned: the SuperSpeed half of rear-4; moving rear-4 would leave a USB 3 device in it behind. To learn it, plug a USB 3 stick into rear-4 here");
}

TEST(MapPlaces, CompletesTheSameConnectorWithTheOtherKindOfStick)
{
    for (const bool usb2_first : {true, false}) {
        PlainDesk desk;
        desk.plug(usb2_first ? "3-4" : "4-4");
        desk.say("rear-4");
        desk.unplug(usb2_first ? "3-4" : "4-4");

        const auto seen = desk.plug(usb2_first ? "4-4" : "3-4");
        EXPECT_NE(
            seen.find(
                usb2_first
                    ? "the kernel guesses, from equal numbers, that this is the SuperSpeed half of rear-4"
                    : "the kernel guesses, from equal numbers, that this is the USB 2 half of rear-4"),
            std::string::npos)
            << seen;
        EXPECT_EQ(desk.mapping.prompt(), "name? [rear-4] ");
        EXPECT_EQ(desk.say(""), "rear-4 has both halves now");

        EXPECT_EQ(desk.mapping.settings().connectors.size(), 1u);
        EXPECT_EQ(desk.usb_of("rear-4"),
                  usb2_first ? "00:08.1/00.3 4, 00:08.1/00.3 ss4" : "00:08.1/00.3 ss4, 00:08.1/00.3 4");
        EXPECT_EQ(desk.concluded().find("not learned"), std::string::npos);
    }
}

/// The kernel's guess is wrong: the person's word counts, and no other port is taken along.
TEST(MapPlaces, TakesThePersonsWordAgainstTheGuess)
{
    PlainDesk desk;
    desk.plug("3-3");
    desk.say("rear-3");
    EXPECT_NE(desk.plug("4-4").find("type that name: the SuperSpeed half of rear-3 is not known yet"),
              std::string::npos);
    EXPECT_EQ(desk.mapping.prompt(), "name? [rear-1] ");
    EXPECT_EQ(desk.say("rear-3"), "rear-3 has both halves now");
    EXPECT_EQ(desk.usb_of("rear-3"), "00:08.1/00.3 3, 00:08.1/00.3 ss4");
}

TEST(MapPlaces, TakesTheKernelsGuessOnlyWhenItIsTold)
{
    PlainDesk desk;
    EXPECT_EQ(desk.say("pair"), "say which: pair NAME");
    desk.plug("3-4");
    desk.say("rear-4");
    EXPECT_EQ(desk.say("pair"), "rear-4 has both halves now; that is the kernel's guess: nobody has seen it");
    EXPECT_EQ(desk.usb_of("rear-4"), "00:08.1/00.3 4, 00:08.1/00.3 ss4");
    EXPECT_EQ(desk.say("pair rear-4"), "rear-4 lacks no half, as far as the kernel can tell");
}

/// Ports 4 to 9 of this controller have no other half.
TEST(MapPlaces, DoesNotMissTheOtherHalfOfASocketThatHasNone)
{
    PlainDesk desk;
    desk.plug("1-5");
    EXPECT_EQ(desk.say("front-3"), "front-3 it is");
    EXPECT_EQ(desk.usb_of("front-3"), "00:01.2/00.0 5");
    EXPECT_EQ(desk.concluded().find("not learned"), std::string::npos);
}

/// What was written by address stays as it is, and is known.
TEST(MapPlaces, KnowsAPlaceInBothForms)
{
    const std::string by_address = "[connector.a]\nusb = [\"0000:30:00.3/4\", \"0000:30:00.3/ss4\"]\n";
    PlainDesk desk(by_address, "[connector.b]\nusb = [\"00:01.2/00.0 5\"]\n");
    EXPECT_TRUE(desk.plug("3-4").ends_with(" is already a"));
    EXPECT_TRUE(desk.plug("1-5").ends_with(" is already b"));
    desk.plug("1-6");
    desk.say("c");
    EXPECT_TRUE(desk.written().starts_with(by_address)) << desk.written();
}

TEST(MapPlaces, LearnsTheMissingHalfOfAnOldConnectorFromFirmware)
{
    PlainDesk desk("[connector.a]\nusb = [\"0000:30:00.3/4\"]\n", {}, true);
    EXPECT_NE(desk.concluded().find("not learned: the SuperSpeed half of a;"), std::string::npos);
    desk.plug("3-4");
    EXPECT_EQ(desk.mapping.prompt(), "name? [a] ");
    EXPECT_EQ(desk.say(""), "a has both halves now");
    EXPECT_EQ(desk.usb_of("a"), "0000:30:00.3/4, 00:08.1/00.3 ss4");
}

TEST(MapPlaces, NamesAHubBeforeItsSocketAndWritesBothOrNeither)
{
    PlainDesk desk;
    desk.with_hub("3-4");
    const auto nothing = desk.written();

    EXPECT_NE(
        desk.plug("3-4.2").find(
            "this is port 2 of the hub Hub (05e3:0610): name the hub? Its sockets go with it, wherever its cable goes"),
        std::string::npos);
    EXPECT_EQ(desk.mapping.prompt(), "name of the hub? [hub-1] ");
    for (const char* wrong : {"a/b", "host", "two words", "-x"}) {
        EXPECT_FALSE(desk.say(wrong).empty()) << wrong;
        EXPECT_EQ(desk.mapping.prompt(), "name of the hub? [hub-1] ") << wrong;
    }
    EXPECT_EQ(desk.say("desk"), "");
    EXPECT_EQ(desk.mapping.prompt(), "name? [desk-2] ");
    EXPECT_EQ(desk.written(), nothing); // Ctrl-C here leaves no hub without sockets
    EXPECT_EQ(desk.say(""), "desk-2 it is");
    EXPECT_EQ(desk.written(), "[connector.desk-2]\nusb = [\"desk/2\"]\n\n[hub.desk]\nid = \"05e3:0610\"\n");

    // The next socket of the same hub, and the same one again.
    desk.plug("3-4.3");
    EXPECT_EQ(desk.mapping.prompt(), "name? [desk-3] ");
    desk.say("dac");
    EXPECT_EQ(desk.usb_of("dac"), "desk/3");
    desk.unplug("3-4.2");
    EXPECT_TRUE(desk.plug("3-4.2").ends_with(" is already desk-2"));
    EXPECT_EQ(desk.say("remove dac"), "dac no longer has a name");
    EXPECT_NE(desk.written().find("[hub.desk]"), std::string::npos);
    EXPECT_EQ(desk.say("remove desk-2"), "desk-2 no longer has a name");
    EXPECT_EQ(desk.written(), nothing);
}

TEST(MapPlaces, FindsTheHubByItsUsb2HalfForWhatComesUpWithSuperSpeed)
{
    PlainDesk desk;
    desk.add_hub("3-4");
    desk.with_hub("4-4", 0x0620);
    desk.plug("4-4.1");
    desk.say("desk");
    EXPECT_EQ(desk.say(""), "desk-1 it is");
    EXPECT_EQ(desk.written(), "[connector.desk-1]\nusb = [\"desk/1\"]\n\n[hub.desk]\nid = \"05e3:0610\"\n");
}

TEST(MapPlaces, RefusesAHubOfWhichOnlyTheSuperSpeedHalfIsThere)
{
    PlainDesk desk;
    desk.with_hub("4-4", 0x0620);
    EXPECT_NE(desk.plug("4-4.1").find("a hub is known by its USB 2 half, which was not found"),
              std::string::npos);
    EXPECT_EQ(desk.mapping.prompt(), "plug something in, or type done> ");
}

TEST(MapPlaces, AsksWhatTellsTwoHubsOfOneModelApart)
{
    struct Case {
        const char* serial;
        const char* typed;
        const char* written;
    };
    for (const auto& [serial, typed, written] :
         {Case{"A1", "", "serial = \"A1\""}, Case{"A1", "at", "at = \"00:08.1/00.3 4\""},
          Case{"", "", "at = \"00:08.1/00.3 4\""}}) {
        PlainDesk desk;
        desk.add_hub("1-5", 0x0610, *serial == '\0' ? "" : "B2");
        desk.with_hub("3-4", 0x0610, serial);
        desk.plug("3-4.2");
        EXPECT_NE(desk.say("desk").find("there is another hub of this model at 1-5"), std::string::npos);
        EXPECT_EQ(desk.mapping.prompt(), *serial == '\0' ? "serial or at? [at] " : "serial or at? [serial] ");
        EXPECT_NE(desk.say("nonsense"), "");
        if (*serial == '\0') {
            EXPECT_EQ(desk.say("serial"), "no serial number tells the two apart; type at, or skip");
        }
        desk.say(typed);
        EXPECT_EQ(desk.mapping.prompt(), "name? [desk-2] ");
        EXPECT_EQ(desk.say(""), "desk-2 it is");
        EXPECT_NE(desk.written().find(written), std::string::npos) << desk.written();
    }
}

/// Two in one case are one hub with seven ports.
TEST(MapPlaces, TakesTwoHubsOfOneModelInARowForOne)
{
    PlainDesk desk;
    desk.add_hub("3-4");
    desk.with_hub("3-4.4");
    desk.plug("3-4.4.2");
    desk.say("desk");
    EXPECT_EQ(desk.say(""), "desk-4.2 it is");
    EXPECT_EQ(desk.usb_of("desk-4.2"), "desk/4.2");
}

TEST(MapPlaces, LeavesTheNameOfAnotherHubAlone)
{
    PlainDesk desk({}, "[hub.dock]\nid = \"2109:2813\"\n[connector.dock-1]\nusb = [\"dock/1\"]\n");
    desk.with_hub("3-4");
    desk.plug("3-4.2");
    EXPECT_EQ(desk.say("dock"), "dock (2109:2813) is another hub; give another name");
    EXPECT_EQ(desk.say("skip"), "");
    EXPECT_EQ(desk.mapping.prompt(), "plug something in, or type done> ");
}

/// Whatever is plugged, pulled and typed, in any order: the configuration can be read, and means one socket by one name.
TEST(MapPlaces, StaysRightUnderAnyOrderOfEvents)
{
    constexpr std::array places{"3-4",   "4-4",   "1-5",   "1-3",   "2-3",
                                "3-4.1", "3-4.2", "4-4.2", "1-5.2", "1-5.2.1"};
    constexpr std::array lines{
        "",     "rear",        "desk",           "skip", "at",       "serial",        "dac", "dac same",
        "pair", "remove desk", "rename dac usb", "list", "pair dac", "remove desk-2", "\xff"};
    for (unsigned seed = 0; seed < 100; ++seed) {
        std::mt19937 random(seed);
        PlainDesk desk({}, {}, seed % 2 == 0);
        for (int step = 0; step < 40; ++step) {
            const auto* place = places.at(random() % places.size());
            const auto path = *PortPath::parse(place);
            if (random() % 2 == 0) {
                static_cast<void>(desk.mapping.answer(lines.at(random() % lines.size())));
            } else if (desk.machine.device_at(path) != nullptr) {
                desk.machine.devices.erase_if(
                    [&](const auto& device) { return path.contains(device->path); });
                static_cast<void>(desk.mapping.look(desk.machine));
            } else {
                if (random() % 2 == 0)
                    desk.add_hub(place, path.bus() % 2 == 0 ? 0x0620 : 0x0610);
                else
                    desk.add(place);
                static_cast<void>(desk.mapping.look(desk.machine));
            }
            const auto again = Mapping::create(
                {{"usbroute.toml", ""}, {"connectors.toml", desk.mapping.connectors_toml()}}, desk.machine);
            ASSERT_TRUE(again) << "seed " << seed << " step " << step << "\n" << desk.written();
            ASSERT_EQ(again->settings().specs(), desk.mapping.settings().specs());
        }
    }
}

} // namespace
} // namespace usbroute::map
