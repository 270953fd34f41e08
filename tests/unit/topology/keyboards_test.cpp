// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "topology/keyboards.hpp"

#include <gtest/gtest.h>

namespace usbroute::topology {
namespace {

/// capabilities/key of a common keyboard, and of a headset's mute, volume and play.
constexpr std::string_view all_keys = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe";
constexpr std::string_view media_keys = "100000000000000 1000000000 e000000000000 0";

InputDevice input(std::string name, std::string syspath, std::string_view keys, std::uint16_t bus = 3)
{
    InputDevice device{.name = std::move(name), .syspath = std::move(syspath), .usb = {}, .keys = {}};
    device.bus = bus;
    device.keys = parse_keys(keys);
    return device;
}

InputDevice usb_input(std::string_view place, std::string_view keys)
{
    auto device = input("Some Maker Some Thing", "sys/devices/pci0000:00/x/input/input1", keys);
    device.usb = PortPath::parse(place);
    return device;
}

std::string told(const Snapshot& snapshot, const Inputs& inputs)
{
    constexpr std::string_view counted[] = {"yes", "doubtful", "no"};
    std::string text;
    for (const auto& keyboard : keyboards(snapshot, inputs)) {
        text +=
            std::string(counted[static_cast<std::size_t>(keyboard.counts)]) + ": " + keyboard.with_reason();
        for (const auto& place : keyboard.places) text += " " + place.text();
        text += "\n";
    }
    return text;
}

TEST(Keys, AreReadFromTheHighestWordDownwards)
{
    EXPECT_TRUE(can_type(parse_keys(all_keys)));
    EXPECT_TRUE(can_type(parse_keys("fffffffe"))); // a kernel of 32 bits has narrower words
    EXPECT_FALSE(can_type(parse_keys(media_keys)));
    EXPECT_FALSE(can_type(parse_keys("fffffffe 0"))); // codes 65 to 95
    EXPECT_EQ(parse_keys("10000000000000 0").count(), 1u);
    EXPECT_TRUE(parse_keys("10000000000000 0").test(116)); // KEY_POWER
}

TEST(Keys, OfALineThatTheKernelWouldNotWriteAreNone)
{
    for (const auto& text :
         std::vector<std::string>{std::string(), std::string("nonsense"), std::string("0xfffffffe"),
                                  std::string("-1"), std::string(17, 'f'), std::string("\0\xff", 2)})
        EXPECT_TRUE(parse_keys(text).none()) << text;
    std::string huge;
    for (int i = 0; i < 100'000; ++i) huge += "ffffffffffffffff ";
    EXPECT_TRUE(parse_keys(huge).all());
}

TEST(Keyboards, CountByTheirKeysAndNotByTheirNames)
{
    auto snapshot = fakes::z97();
    fakes::plug(snapshot, "3-1", "Totally A Keyboard");
    fakes::plug(snapshot, "3-2", "Plain Thing");

    const Inputs inputs{.devices = {usb_input("3-1", media_keys), usb_input("3-2", all_keys)},
                        .adapters = {}};

    EXPECT_EQ(told(snapshot, inputs),
              "yes: Plain Thing (1234:5678) (USB) 3-2\n"
              "no: Totally A Keyboard (1234:5678) (only media keys, no letters) 3-1\n");
}

TEST(Keyboards, OfSeveralInputDevicesOfOneAreOne)
{
    auto snapshot = fakes::z97();
    fakes::plug_keyboard(snapshot, "3-1");

    const Inputs inputs{.devices = {usb_input("3-1", media_keys), usb_input("3-1", all_keys),
                                    usb_input("3-1", "10000000000000 0")},
                        .adapters = {}};

    EXPECT_EQ(told(snapshot, inputs), "yes: Keyboard (1234:5678) (USB) 3-1\n");
}

TEST(Keyboards, WithoutUsbCountToo)
{
    const Inputs inputs{.devices = {input("AT Translated Set 2 keyboard",
                                          "sys/devices/platform/i8042/serio0/input/input0", all_keys, 0x11)},
                        .adapters = {}};

    EXPECT_EQ(told(fakes::z97(), inputs), "yes: AT Translated Set 2 keyboard (PS/2 or built in)\n");
}

TEST(Keyboards, AreNotWhatHasNoHandsInFrontOfIt)
{
    auto snapshot = fakes::z97();
    auto& bmc = fakes::plug(snapshot, "3-1", "Virtual Keyboard and Mouse");
    bmc.vendor = 0x046b;
    bmc.product = 0xff10;
    fakes::plug(snapshot, "3-2", "YubiKey").vendor = 0x1050;
    auto uinput = input("a macro program", "sys/devices/virtual/input/input9", all_keys, 6);
    auto folded = input("AT keyboard", "sys/devices/platform/i8042/serio0/input/input0", all_keys, 0x11);
    folded.inhibited = true;

    const Inputs inputs{
        .devices = {usb_input("3-1", all_keys), usb_input("3-2", all_keys), uinput, folded,
                    input("Power Button", "sys/devices/LNXSYSTM:00/input/input2", "10000000000000 0", 0x19),
                    usb_input("3-5", "100000 0 0 0")},
        .adapters = {}};

    EXPECT_EQ(told(snapshot, inputs),
              "no: Virtual Keyboard and Mouse (046b:ff10) (a BMC's virtual keyboard) 3-1\n"
              "no: YubiKey (1050:5678) (a security key that types by itself) 3-2\n"
              "no: a macro program (made by a program)\n"
              "no: AT keyboard (switched off (inhibited))\n"
              "no: Power Button (only a power or sleep button)\n"
              "no: Some Maker Some Thing (only a camera's button) 3-5\n");
}

TEST(Keyboards, OverBluetoothHangOnTheAdapter)
{
    auto snapshot = fakes::z97();
    fakes::plug(snapshot, "3-9", "Adapter");
    auto by_kernel =
        input("MX Keys", "sys/devices/pci0000:00/x/3-9/bluetooth/hci0/hci0:256/input/input7", all_keys, 5);
    by_kernel.usb = PortPath::parse("3-9");
    const auto by_bluetoothd =
        input("K380", "sys/devices/virtual/misc/uhid/0005:046D:B342.0007/input/input8", all_keys, 5);

    EXPECT_EQ(told(snapshot, {.devices = {by_kernel, by_bluetoothd}, .adapters = {PortPath::parse("3-9")}}),
              "yes: MX Keys (Bluetooth) 3-9\n"
              "yes: K380 (Bluetooth) 3-9\n");
    EXPECT_EQ(told(snapshot, {.devices = {by_bluetoothd}, .adapters = {std::nullopt}}),
              "yes: K380 (Bluetooth)\n");
    EXPECT_EQ(
        told(snapshot, {.devices = {by_bluetoothd}, .adapters = {std::nullopt, PortPath::parse("3-9")}}),
        "doubtful: K380 (Bluetooth, through an unknown adapter) 3-9\n");
}

TEST(Keyboards, ByTheirInterfaceAloneAreDoubtfulOrSomebodyElses)
{
    auto snapshot = fakes::z97();
    fakes::plug_keyboard(snapshot, "3-1"); // a receiver whose keyboard is out of reach
    fakes::plug(snapshot, "3-2", "Taken")
        .interfaces.push_back(
            {.number = 0, .device_class = 3, .subclass = 1, .protocol = 1, .driver = "usbfs"});
    fakes::plug(snapshot, "3-3", "Idle")
        .interfaces.push_back({.number = 0, .device_class = 3, .subclass = 1, .protocol = 1, .driver = ""});
    auto& headset = fakes::plug(snapshot, "3-5", "Headset");
    headset.interfaces.push_back({.number = 0, .device_class = 1, .driver = "snd-usb-audio"});

    EXPECT_EQ(
        told(snapshot, {.devices = {usb_input("3-5", all_keys)}, .adapters = {}}),
        "doubtful: Headset (1234:5678) (an audio device that claims to have letters) 3-5\n"
        "doubtful: Keyboard (1234:5678) (a keyboard by its interface, but none of its input devices types now) 3-1\n"
        "no: Taken (1234:5678) (a program has it (usbfs)) 3-2\n"
        "no: Idle (1234:5678) (no driver runs it) 3-3\n");
}

TEST(Keyboards, OfARecordingWithoutInputDevicesAreItsBootKeyboards)
{
    auto snapshot = fakes::z97();
    fakes::plug_keyboard(snapshot, "3-1");

    const auto found = keyboards(snapshot, std::nullopt);

    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].counts, Counts::yes);
    EXPECT_EQ(found[0].places, std::vector{*PortPath::parse("3-1")});
}

TEST(Keyboards, AreNeverNamedInWordsThatATerminalObeys)
{
    auto snapshot = fakes::z97();
    auto hostile = input("\x1b[2J\nok\xff", "sys/devices/x/input/input0", all_keys);

    const auto found = keyboards(snapshot, Inputs{.devices = {hostile}, .adapters = {}});

    EXPECT_EQ(found.at(0).name, "\\x1b[2J\\x0aok\\xff");
}

TEST(KeyboardLoss, IsTotalWhenNothingSureStays)
{
    const Keyboard sure{
        .name = "A", .places = {*PortPath::parse("3-1")}, .counts = Counts::yes, .why = "USB"};
    const Keyboard doubtful{
        .name = "B", .places = {*PortPath::parse("3-2")}, .counts = Counts::doubtful, .why = "?"};
    const Keyboard none{.name = "C", .places = {*PortPath::parse("3-3")}, .counts = Counts::no, .why = "no"};
    const auto total = [&](const std::vector<const char*>& going) {
        std::vector<PortPath> leaving;
        for (const auto* place : going) leaving.push_back(*PortPath::parse(place));
        return loss_of({sure, doubtful, none}, leaving).is_total();
    };

    EXPECT_FALSE(total({}));
    EXPECT_TRUE(total({"3-1"}));        // what may be a keyboard is no promise
    EXPECT_FALSE(total({"3-2"}));       // the sure one stays
    EXPECT_TRUE(total({"3-1", "3-2"})); //
    EXPECT_FALSE(total({"3-3"}));
    EXPECT_TRUE(loss_of({doubtful, none}, {*PortPath::parse("3-2")}).is_total()); // and its loss may be one
    EXPECT_FALSE(loss_of({none}, {*PortPath::parse("3-3")}).is_total());
}

TEST(KeyboardLoss, CountsWhatIsBehindAPlaceThatLeaves)
{
    const Keyboard behind_a_hub{
        .name = "A", .places = {*PortPath::parse("3-1.4")}, .counts = Counts::yes, .why = "USB"};

    EXPECT_TRUE(loss_of({behind_a_hub}, {*PortPath::parse("3-1")}).is_total());
    EXPECT_FALSE(loss_of({behind_a_hub}, {*PortPath::parse("3-14")}).is_total());
    EXPECT_FALSE(loss_of({behind_a_hub}, {*PortPath::parse("3-1.4.1")}).is_total());
}

TEST(KeyboardLoss, IsListedInAFewWords)
{
    const std::vector<Keyboard> many(9,
                                     {.name = "X", .places = {}, .counts = Counts::no, .why = "no letters"});

    EXPECT_EQ(list_of(many),
              "X (no letters), X (no letters), X (no letters), X (no letters), X (no letters) and 4 more");
}

} // namespace
} // namespace usbroute::topology
