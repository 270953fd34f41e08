// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "sim/uevent.hpp"
#include "topology/keyboards.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace usbroute::sim {
namespace {

Node keyboard_node()
{
    return usb_nodes(*model_of("keyboard"), {.directory = "devices/pci0000:00/0000:00:14.0/usb3/3-3",
                                             .place = *topology::PortPath::parse("3-3"),
                                             .number = 4})
        .front();
}

std::string value_of(const std::string& message, std::string_view key)
{
    for (const auto line : split(std::string_view(message).substr(40), '\0'))
        if (line.starts_with(key)) return std::string(line.substr(key.size()));
    return "absent";
}

std::string attribute(const Node& node, std::string_view name)
{
    const auto found = std::ranges::find(node.attributes, name, &Attribute::name);
    return found == node.attributes.end() ? "absent" : found->content;
}

TEST(SimUevent, AMessageHasWhatLibudevAsksFor)
{
    const auto message = udev_message("add", keyboard_node(), 7);

    EXPECT_EQ(message.substr(0, 8), std::string("libudev\0", 8));
    EXPECT_EQ(message.substr(8, 4), "\xfe\xed\xca\xfe");
    EXPECT_EQ(value_of(message, "ACTION="), "add");
    EXPECT_EQ(value_of(message, "DEVPATH="), "/devices/pci0000:00/0000:00:14.0/usb3/3-3");
    EXPECT_EQ(value_of(message, "SUBSYSTEM="), "usb");
    EXPECT_EQ(value_of(message, "DEVTYPE="), "usb_device");
    EXPECT_EQ(value_of(message, "DEVNAME="), "/dev/bus/usb/003/004");
    EXPECT_EQ(value_of(message, "PRODUCT="), "46d/c31c/6402");
    EXPECT_EQ(value_of(message, "SEQNUM="), "7");
    EXPECT_EQ(message.back(), '\0');
}

TEST(SimUevent, AttributesReadAsTheKernelPrintsThem)
{
    const auto node = keyboard_node();

    EXPECT_EQ(attribute(node, "speed"), "1.5\n");
    EXPECT_EQ(attribute(node, "version"), " 1.10\n");
    EXPECT_EQ(attribute(node, "bNumInterfaces"), " 2\n");
    EXPECT_EQ(attribute(node, "bMaxPower"), "90mA\n");
    EXPECT_EQ(attribute(node, "devpath"), "3\n");
    EXPECT_EQ(attribute(node, "dev"), "189:259\n");
}

TEST(SimUevent, InterfacesAreNamedAfterTheirDevice)
{
    const auto nodes = usb_nodes(
        *model_of("keyboard"),
        {.directory = "devices/x/usb2/2-1/2-1.3", .place = *topology::PortPath::parse("2-1.3"), .number = 3});

    ASSERT_EQ(nodes.size(), 9u);
    EXPECT_EQ(nodes[1].name(), "2-1.3:1.0");
    EXPECT_EQ(nodes[5].name(), "2-1.3:1.1");
    EXPECT_EQ(attribute(nodes[1], "bInterfaceProtocol"), "01\n");
    EXPECT_NE(nodes[1].properties().find("INTERFACE=3/1/1\n"), std::string::npos);
}

TEST(SimUevent, AKeyboardHasAnInputDeviceWithLettersAndOneWithMediaKeys)
{
    const auto nodes = usb_nodes(*model_of("keyboard"), {.directory = "devices/x/usb2/2-1/2-1.3",
                                                         .place = *topology::PortPath::parse("2-1.3"),
                                                         .number = 3,
                                                         .first_input = 7});

    EXPECT_EQ(count_inputs(*model_of("keyboard")), 2u);
    EXPECT_EQ(nodes[3].path, "devices/x/usb2/2-1/2-1.3/2-1.3:1.0/0003:046D:C31C.0007/input/input7");
    EXPECT_EQ(attribute(nodes[3], "name"), "Logitech USB Keyboard\n");
    EXPECT_TRUE(topology::can_type(topology::parse_keys(attribute(nodes[3], "capabilities/key"))));
    EXPECT_EQ(nodes[4].number, "13:71");
    EXPECT_EQ(nodes[7].name(), "input8");
    EXPECT_FALSE(topology::can_type(topology::parse_keys(attribute(nodes[7], "capabilities/key"))));
}

TEST(SimUevent, TheDescriptorsCountTheirOwnBytes)
{
    const auto bytes = descriptors_of(*model_of("headset"), false);
    const auto total = static_cast<unsigned char>(bytes[20]) + 256u * static_cast<unsigned char>(bytes[21]);

    EXPECT_EQ(bytes.size(), 18u + total);
}

TEST(SimUevent, TheHostileDeviceIsShownHarmless)
{
    for (const char c : shown_name(*model_of("hostile"))) EXPECT_TRUE(c >= ' ' && c <= '~');
    EXPECT_EQ(model_of("hostile")->product_name.size(), 255u);
}

} // namespace
} // namespace usbroute::sim
