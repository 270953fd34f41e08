// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_tree.hpp"
#include "observe/inputs.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::observe {
namespace {

using fakes::dir;
using fakes::Entries;
using fakes::FakeTree;
using fakes::file;
using fakes::link;

constexpr const char* every_key = "fffffffffffffffe\n";

/// An input device in 3-1, with these bitmaps of capabilities, among other files of sysfs.
FakeTree with_input(Entries capabilities,
                    const std::string& where = "pci0/usb3/3-1/3-1:1.0/0003:1.1/input/input1",
                    const char* bus = "0003\n")
{
    FakeTree tree({dir("sys", {dir("class", {dir("input", {link("input1", "../../devices/" + where)})})})});
    tree.add("sys/devices/" + where, dir("capabilities", std::move(capabilities)));
    tree.add("sys/devices/" + where, dir("id", {file("bustype", bus)}));
    return tree;
}

topology::InputDevice read(Entries capabilities)
{
    capabilities.push_back(file("key", every_key));
    const auto inputs = look_at_inputs(with_input(std::move(capabilities)));
    return inputs.value().devices.at(0);
}

TEST(Inputs, AreKeyboardsWithLightsOrWithout)
{
    EXPECT_EQ(read({file("ev", "120013\n"), file("led", "1f\n")}).has_lights, true);
    EXPECT_EQ(read({file("ev", "120013\n")}).has_lights, true); // an older recording kept no more
    EXPECT_EQ(read({file("ev", "100013\n")}).has_lights, false);
    EXPECT_EQ(read({file("ev", "120013\n"), file("led", "80\n")}).has_lights, false); // a headset's LED_MUTE
}

TEST(Inputs, MoveAPointerWithBothAxesOnly)
{
    EXPECT_TRUE(read({file("ev", "100017\n"), file("rel", "1943\n")}).moves_pointer);
    EXPECT_TRUE(read({file("ev", "10001b\n"), file("abs", "3\n")}).moves_pointer);
    EXPECT_FALSE(read({file("ev", "120017\n"), file("rel", "1040\n")}).moves_pointer);      // wheels
    EXPECT_FALSE(read({file("ev", "12001b\n"), file("abs", "100000000\n")}).moves_pointer); // ABS_VOLUME
    EXPECT_FALSE(read({file("ev", "120013\n"), file("rel", "3\n")}).moves_pointer);         // not sent
}

TEST(Inputs, TellWhichUsbDevicesMoveAPointer)
{
    const auto mouse =
        with_input({file("ev", "17\n"), file("key", "1f0000 0 0 0 0\n"), file("rel", "903\n")});

    const auto inputs = look_at_inputs(mouse);

    EXPECT_TRUE(inputs.value().devices.empty());
    EXPECT_EQ(inputs.value().pointers, std::vector{*topology::PortPath::parse("3-1")});
}

TEST(Inputs, ComeWithWhatTheirInterfacesAreFor)
{
    auto tree = with_input({file("ev", "120013\n"), file("key", every_key)});
    tree.add("sys/bus/hid/devices", link("0003:1.1", "../../../devices/pci0/usb3/3-1/3-1:1.0/0003:1.1"));
    tree.add("sys/bus/hid/devices", link("0003:1.2", "../../../devices/pci0/usb3/3-1/3-1:1.1/0003:1.2"));
    tree.add("sys/bus/hid/devices", link("0003:1.3", "../../../devices/pci0/usb3/3-2/3-2:1.0/0003:1.3"));
    const std::string fido("\x06\xd0\xf1\x09\x01\xa1\x01\xc0", 8);
    for (const auto* place : {"3-1/3-1:1.1/0003:1.2", "3-2/3-2:1.0/0003:1.3"})
        tree.add("sys/devices/pci0/usb3/" + std::string(place), file("report_descriptor", fido));

    const auto inputs = look_at_inputs(tree);

    ASSERT_EQ(inputs.value().reports.size(), 1u); // that of 3-2 is nobody's keyboard
    EXPECT_EQ(inputs->reports[0].usb, topology::PortPath::parse("3-1"));
    EXPECT_EQ(inputs->reports[0].applications, std::vector<topology::HidUsage>{0xf1d00001});
}

TEST(Inputs, KnowOfAManagementControllerByEachOfItsSigns)
{
    const auto has_one = [](const std::string& directory, const fakes::Entry& entry) {
        auto tree = with_input({file("ev", "120013\n"), file("key", every_key)});
        if (!directory.empty()) tree.add(directory, entry);
        return look_at_inputs(tree).value().management_controller;
    };

    EXPECT_FALSE(has_one("", {}));
    EXPECT_TRUE(has_one("sys/class/ipmi", link("ipmi0", "../../devices/virtual/ipmi/ipmi0")));
    EXPECT_TRUE(has_one("sys/firmware/acpi/tables", file("SPMI", "")));
    EXPECT_TRUE(has_one("sys/bus/acpi/devices", dir("IPI0001:00", {})));
    EXPECT_TRUE(has_one("sys/class/dmi/id", file("chassis_type", "23\n")));
    EXPECT_FALSE(has_one("sys/class/dmi/id", file("chassis_type", "3\n")));
    EXPECT_TRUE(has_one("sys/bus/pci/devices/0000:02:00.0", file("vendor", "0x1a03\n")));
    EXPECT_FALSE(has_one("sys/bus/pci/devices/0000:02:00.0", file("vendor", "0x10de\n")));
}

FakeTree with_ps2()
{
    return with_input({file("ev", "120013\n"), file("key", every_key)}, "platform/i8042/serio0/input/input1",
                      "0011\n");
}

TEST(Inputs, TellWhatAPs2PortCanBeJudgedBy)
{
    auto desktop = with_ps2();
    desktop.add("sys/class/dmi/id", file("chassis_type", "3\n"));
    desktop.add("proc", file("interrupts", "            CPU0       CPU1\n"
                                           "   0:         29          0  IR-IO-APIC    2-edge      timer\n"
                                           "   1:       4000        711  IR-IO-APIC    1-edge      i8042\n"
                                           "  12:        900          0  IR-IO-APIC   12-edge      i8042\n"));
    const auto facts = look_at_inputs(desktop).value().ps2;
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->chassis, 3u);
    EXPECT_EQ(facts->interrupts, 4711u);

    auto laptop = with_ps2();
    laptop.add("sys/class/dmi/id", file("chassis_type", "2\n")); // unknown
    laptop.add("sys/class/power_supply/BAT0", file("type", "Battery\n"));
    EXPECT_TRUE(look_at_inputs(laptop).value().ps2.value().has_battery);

    auto with_mouse = with_ps2();
    with_mouse.add("sys/class/power_supply/hidpp_battery_0", file("type", "Battery\n"));
    with_mouse.add("sys/class/power_supply/hidpp_battery_0", file("scope", "Device\n"));
    EXPECT_FALSE(look_at_inputs(with_mouse).value().ps2.value().has_battery);

    auto with_lid = with_ps2();
    with_lid.add("sys/bus/acpi/devices", dir("PNP0C0D:00", {}));
    EXPECT_TRUE(look_at_inputs(with_lid).value().ps2.value().has_lid);

    EXPECT_FALSE(look_at_inputs(with_input({file("ev", "120013\n"), file("key", every_key)})).value().ps2);
}

} // namespace
} // namespace usbroute::observe
