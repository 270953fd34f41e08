// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "topology/keyboard_signs.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace usbroute::topology {
namespace {

const Interface boot_keyboard{.number = 0, .device_class = 3, .subclass = 1, .protocol = 1, .driver = {}};
const Interface boot_mouse{.number = 0, .device_class = 3, .subclass = 1, .protocol = 2, .driver = {}};
const Interface plain_hid{.number = 0, .device_class = 3, .subclass = 0, .protocol = 0, .driver = {}};

/// Something with every key in 3-1, and all that is around it.
struct Desk {
    Desk() { thing().interfaces = {boot_keyboard, plain_hid}; }
    [[nodiscard]] Device& thing() { return *device; }
    [[nodiscard]] InputDevice& input() { return inputs.devices.front(); }
    [[nodiscard]] std::string said() const
    {
        for (const auto& keyboard : keyboards(snapshot, inputs))
            if (keyboard.places == std::vector{device->path})
                return (keyboard.counts == Counts::yes        ? "yes: "
                        : keyboard.counts == Counts::doubtful ? "doubtful: "
                                                              : "no: ") +
                       keyboard.why;
        return "nothing";
    }

    Snapshot snapshot = fakes::z97();
    Device* device = &fakes::plug(snapshot, "3-1", "USB Keyboard");
    Inputs inputs{
        .devices = {{.name = "USB Keyboard",
                     .syspath = "sys/devices/pci0000:00/0000:00:14.0/usb3/3-1/3-1:1.0/0003:1/input/input1",
                     .usb = PortPath::parse("3-1"),
                     .bus = 3,
                     .keys = parse_keys("fffffffffffffffe"),
                     .has_lights = true}},
        .adapters = {}};
};

struct Desktop {
    const char* what;
    std::function<void(Desk&)> change;
    const char* said;
};

void interfaces(Desk& desk, std::vector<Interface> all) { desk.thing().interfaces = std::move(all); }
void named(Desk& desk, const char* name) { desk.thing().product_name = name; }
void ids(Desk& desk, std::uint16_t vendor, std::uint16_t product)
{
    desk.thing().vendor = vendor;
    desk.thing().product = product;
}
void reports(Desk& desk, HidUsage use)
{
    desk.inputs.reports = {{.usb = *PortPath::parse("3-1"), .applications = {use}}};
}

TEST(KeyboardSigns, LeaveOrdinaryKeyboardsAlone)
{
    const std::vector<Desktop> rows{
        {"an ordinary keyboard", [](Desk&) {}, "yes: USB"},
        {"with a second interface for its media keys and no boot protocol",
         [](Desk& desk) { interfaces(desk, {plain_hid, plain_hid}); }, "yes: USB"},
        {"a receiver of keyboard and mouse, whose keyboard is an input device of its own",
         [](Desk& desk) {
             named(desk, "USB Receiver");
             interfaces(desk, {boot_keyboard, boot_mouse, plain_hid});
             desk.inputs.pointers = {*PortPath::parse("3-1")};
         },
         "yes: USB"},
        {"a receiver that says so in its name",
         [](Desk& desk) { named(desk, "Wireless Keyboard and Mouse"); }, "yes: USB"},
        {"without a name", [](Desk& desk) { named(desk, ""); }, "yes: USB"},
        {"lights are not known, as in an older recording",
         [](Desk& desk) { desk.input().has_lights.reset(); }, "yes: USB"},
        {"on a server, but no mouse beside it", [](Desk& desk) { desk.inputs.management_controller = true; },
         "yes: USB"},
        {"a gadget elsewhere", [](Desk& desk) { fakes::plug(desk.snapshot, "3-2", "KVM").vendor = 0x1d6b; },
         "yes: USB"},
        {"a descriptor that says keyboard", [](Desk& desk) { reports(desk, 0x00010006); }, "yes: USB"},
        {"a descriptor of another device",
         [](Desk& desk) {
             desk.inputs.reports = {{.usb = *PortPath::parse("3-2"), .applications = {0xf1d00001}}};
         },
         "yes: USB"},
        {"a word inside another word", [](Desk& desk) { named(desk, "Bmcs, or Ilos that go"); }, "yes: USB"},
    };
    for (const auto& row : rows) {
        Desk desk;
        row.change(desk);
        EXPECT_EQ(desk.said(), row.said) << row.what;
    }
}

TEST(KeyboardSigns, RaiseADoubtEach)
{
    constexpr auto gadget = "doubtful: made by a program on another computer (a Linux gadget)";
    const std::vector<Desktop> rows{
        {"a mouse that claims every key", [](Desk& desk) { desk.input().moves_pointer = true; },
         "doubtful: it moves a pointer too, as a mouse that claims every key"},
        {"no lights", [](Desk& desk) { desk.input().has_lights = false; },
         "doubtful: it claims every key and has no Caps Lock light, as mice, pads and scanners do"},
        {"a boot mouse and no boot keyboard", [](Desk& desk) { interfaces(desk, {plain_hid, boot_mouse}); },
         "doubtful: a mouse by its interfaces"},
        {"a mouse with a boot keyboard behind it",
         [](Desk& desk) { interfaces(desk, {boot_mouse, boot_keyboard}); },
         "doubtful: a mouse by its interfaces"},
        {"a headset", [](Desk& desk) { interfaces(desk, {{.device_class = 1}, plain_hid}); },
         "doubtful: an audio device that claims to have letters"},
        {"a smart card", [](Desk& desk) { interfaces(desk, {boot_keyboard, {.device_class = 0x0b}}); },
         "doubtful: has a smart card in it, as security keys that type by themselves"},
        {"a FIDO key", [](Desk& desk) { reports(desk, 0xf1d00001); },
         "doubtful: a security key, which types by itself"},
        {"a bar code scanner", [](Desk& desk) { reports(desk, 0x008c0002); },
         "doubtful: a bar code scanner by its descriptor"},
        {"a magnetic stripe reader", [](Desk& desk) { reports(desk, 0x008e0001); },
         "doubtful: a card reader by its descriptor"},
        {"keyboard and mouse on a server",
         [](Desk& desk) {
             desk.inputs.management_controller = true;
             interfaces(desk, {boot_keyboard, boot_mouse});
         },
         "doubtful: keyboard and mouse in one, on a machine with a management controller"},
        {"the same with a pointer that has no boot protocol",
         [](Desk& desk) {
             desk.inputs.management_controller = true;
             desk.inputs.pointers = {*PortPath::parse("3-1")};
         },
         "doubtful: keyboard and mouse in one, on a machine with a management controller"},
        {"OpenBMC", [](Desk& desk) { ids(desk, 0x1d6b, 0x0104); }, gadget},
        {"any gadget", [](Desk& desk) { ids(desk, 0x1d6b, 0xffff); }, gadget},
        {"an older gadget", [](Desk& desk) { ids(desk, 0x0525, 0xa4ac); }, gadget},
        {"over the network",
         [](Desk& desk) {
             desk.input().syspath = "sys/devices/platform/vhci_hcd.0/usb5/5-1/5-1:1.0/input/input1";
         },
         "doubtful: on another machine (usbip)"},
        {"infrared",
         [](Desk& desk) { desk.input().syspath = "sys/devices/pci0000:00/usb3/3-1/3-1:1.0/rc/rc0/input1"; },
         "doubtful: an infrared remote control"},
        {"a KVM by its name", [](Desk& desk) { named(desk, "Keyboard/Mouse KVM 1.1.0"); },
         "doubtful: by its name a KVM, behind which nobody need sit"},
        {"a pedal by its name", [](Desk& desk) { named(desk, "FootSwitch"); },
         "doubtful: by its name a foot pedal"},
        {"a pedal with a number", [](Desk& desk) { named(desk, "FootSwitch1F1."); },
         "doubtful: by its name a foot pedal"},
        {"a KVM in one word", [](Desk& desk) { named(desk, "NanoKVM"); },
         "doubtful: by its name a KVM, behind which nobody need sit"},
        {"a game controller", [](Desk& desk) { named(desk, "Steam Controller"); },
         "doubtful: by its name a game controller"},
        {"a scanner by its name", [](Desk& desk) { named(desk, "BARCODE SCANNER"); },
         "doubtful: by its name a scanner"},
        {"a pad by its name", [](Desk& desk) { named(desk, "RGB-Keypad"); },
         "doubtful: by its name a pad with a few keys"},
        {"a mouse by its name", [](Desk& desk) { named(desk, "USB Optical Mouse"); },
         "doubtful: by its name a mouse"},
    };
    for (const auto& row : rows) {
        Desk desk;
        row.change(desk);
        EXPECT_EQ(desk.said(), row.said) << row.what;
    }
}

TEST(KeyboardSigns, RaiseADoubtAtThePortOfTheManagementEngine)
{
    auto snapshot = fakes::z97();
    const auto& device = fakes::plug(snapshot, "3-15", "Keyboard");

    const auto sign = sign_of(device, snapshot, nullptr);

    ASSERT_TRUE(sign);
    EXPECT_EQ(sign->why, "on the port of the management engine's remote keyboard (USB-R)");
}

TEST(KeyboardSigns, AreSeenThroughTheHubOfAManagementController)
{
    Desk desk;
    fakes::plug(desk.snapshot, "3-2", "Virtual Hub").vendor = 0x1d6b;
    auto& behind = fakes::plug(desk.snapshot, "3-2.1", "Keyboard");
    behind.interfaces = {boot_keyboard};
    desk.device = &behind;
    desk.input().usb = PortPath::parse("3-2.1");

    EXPECT_EQ(desk.said(), "doubtful: behind the virtual hub of a management controller");
}

TEST(KeyboardSigns, AreThoseOfTheBestInputDevice)
{
    Desk desk;
    auto mouse = desk.input();
    mouse.moves_pointer = true;
    mouse.has_lights = false;
    desk.inputs.devices.insert(desk.inputs.devices.begin(), mouse);

    EXPECT_EQ(desk.said(), "yes: USB");
    desk.inputs.devices.pop_back();
    EXPECT_TRUE(desk.said().starts_with("doubtful: it moves a pointer too")) << desk.said();
}

TEST(KeyboardSigns, HoldOverBluetoothToo)
{
    Desk desk;
    desk.input().bus = 5;
    EXPECT_EQ(desk.said(), "yes: Bluetooth");

    desk.input().has_lights = false;
    EXPECT_TRUE(desk.said().starts_with("doubtful: Bluetooth; it claims every key")) << desk.said();
}

TEST(KeyboardSigns, OfAPs2PortAreWhatTheMachineIsAndWhetherSomebodyTyped)
{
    const auto is_sure = [](const Ps2Facts& facts) { return !sign_of(facts).has_value(); };

    EXPECT_FALSE(is_sure({}));
    EXPECT_FALSE(is_sure({.chassis = 3})); // desktop
    EXPECT_TRUE(is_sure({.chassis = 10})); // notebook
    EXPECT_TRUE(is_sure({.chassis = 31})); // convertible
    EXPECT_TRUE(is_sure({.has_battery = true}));
    EXPECT_TRUE(is_sure({.has_lid = true}));
    EXPECT_FALSE(is_sure({.chassis = 3, .has_battery = true})); // on a serial line, perhaps
    EXPECT_FALSE(is_sure({.chassis = 3, .interrupts = 9}));
    EXPECT_TRUE(is_sure({.chassis = 3, .interrupts = 4711}));
}

TEST(KeyboardSigns, NameThePortWhereNothingIsKnownToBeInIt)
{
    Desk desk;
    desk.inputs.devices = {{.name = "AT Translated Set 2 keyboard",
                            .syspath = "sys/devices/platform/i8042/serio0/input/input0",
                            .usb = {},
                            .bus = 0x11,
                            .keys = parse_keys("fffffffffffffffe")}};
    desk.inputs.ps2 = Ps2Facts{.chassis = 3};

    const auto found = keyboards(desk.snapshot, desk.inputs);

    EXPECT_EQ(found.front().with_reason(), "PS/2 port (nothing is known to be plugged in)");
    EXPECT_EQ(found.front().counts, Counts::doubtful);
    desk.inputs.ps2 = Ps2Facts{.chassis = 9};
    EXPECT_EQ(keyboards(desk.snapshot, desk.inputs).front().with_reason(),
              "AT Translated Set 2 keyboard (PS/2 or built in)");
}

TEST(KeyboardLoss, SaysWhatIsLeftToTypeOnAndHowSureThatIs)
{
    const auto keyboard = [](const char* name, const char* place, Counts counts, const char* why) {
        return Keyboard{.name = name, .places = {*PortPath::parse(place)}, .counts = counts, .why = why};
    };
    const auto sure = keyboard("A", "3-1", Counts::yes, "USB");
    const auto doubtful = keyboard("B", "3-2", Counts::doubtful, "a mouse");
    const auto none = keyboard("C", "3-3", Counts::no, "no letters");
    const auto left = [&](std::vector<PortPath> leaving) {
        return loss_of({sure, doubtful, none}, leaving).left();
    };

    EXPECT_EQ(left({}), "left to type on: A");
    EXPECT_EQ(left({*PortPath::parse("3-1")}), "left to type on: only doubtful ones: B (a mouse)");
    EXPECT_EQ(left({*PortPath::parse("3-1"), *PortPath::parse("3-2")}), "left to type on: nothing");
}

} // namespace
} // namespace usbroute::topology
