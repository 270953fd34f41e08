// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/host_device.hpp"
#include "wire/libvirt_line.hpp"

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace usbroute::wire {
namespace {

TEST(LibvirtLine, ALookReadsAsWhatAGuestHas)
{
    // As docs/libvirt-line.md has it, with a controller of ours.
    const auto look = libvirt_look(R"({"domain": "win11", "uuid": "x", "state": "running", "qemu": "9.2.1",
 "controllers": [{"index": 0, "alias": "usb", "model": "qemu-xhci", "usb2-ports": 15, "superspeed-ports": 14},
                 {"index": 1, "alias": "usb1", "model": "ich9-ehci1"},
                 {"index": 5, "alias": "ua-usbroute0", "model": "qemu-xhci", "usb2-ports": 15, "superspeed-ports": 15}],
 "devices": [{"alias": "ua-usbroute-3-2.1-7", "bus": 3, "device": 7, "guest-bus": 5, "guest-port": "2"},
             {"alias": "hostdev0", "bus": 0, "device": 0, "guest-bus": 0, "guest-port": "1.4"},
             {"alias": "ua-usbroute-3-1-9", "by": "descriptor", "guest-bus": 0}],
 "others": [{"alias": "input0", "type": "tablet", "guest-bus": 0, "guest-port": "1"}],
 "pci": [{"alias": "ua-usbroute-pci-0000-03-00.0", "pci": "0000:03:00.0"}],
 "free-root-ports": 2})");

    ASSERT_TRUE(look);
    EXPECT_EQ(look->state, DomainState::running);
    EXPECT_EQ(look->usb.qemu, (attach::QemuVersion{9, 2, 1}));
    EXPECT_TRUE(look->usb.is_running);
    EXPECT_EQ(look->indexes,
              (std::map<std::string, std::uint32_t>{{"usb0", 0}, {"usb1", 1}, {"usbroute0.0", 5}}));
    ASSERT_EQ(look->usb.controllers.size(), 3);
    EXPECT_EQ(look->usb.controllers[0].superspeed_ports, 14);
    EXPECT_FALSE(look->usb.controllers[1].is_xhci());
    EXPECT_EQ(look->usb.controllers[2].id, "usbroute0");
    ASSERT_EQ(look->usb.host_objects.size(), 3);
    const auto& ours = look->usb.host_objects[0];
    EXPECT_EQ(ours.id, "usbroute-3-2.1-7");
    EXPECT_EQ(ours.bus + "/" + ours.port, "usbroute0.0/2");
    EXPECT_TRUE(ours.is_attached);
    EXPECT_EQ(attach::meant_by(ours.id)->number, 7);
    EXPECT_EQ(look->usb.host_objects[1].id, "hostdev0");
    EXPECT_FALSE(look->usb.host_objects[1].is_attached); // a device that was missing
    EXPECT_TRUE(look->usb.host_objects[2].is_attached);
    EXPECT_EQ(look->usb.other_devices[0].port, "1");
    EXPECT_EQ(free_ports(look->usb, "usb0").size(), 14);
    EXPECT_TRUE(look->usb.free_root_ports.empty()); // nothing is plugged in there
}

TEST(LibvirtLine, NoAliasOfAnybodyElseReadsAsOneOfOurs)
{
    const auto look = libvirt_look(R"({"state": "paused", "devices": [
 {"alias": "usbroute-3-1-7", "bus": 3, "device": 7}, {"alias": "ua-mine", "bus": 3, "device": 8}]})");

    ASSERT_TRUE(look);
    for (const auto& object : look->usb.host_objects) EXPECT_FALSE(object.is_ours()) << object.id;
}

TEST(LibvirtLine, ADomainThatIsNotThereHasNothing)
{
    const auto look =
        libvirt_look(R"({"state": "shut-off", "devices": [{"alias": "x", "bus": 1, "device": 1}]})");

    EXPECT_EQ(look, (LibvirtLook{.state = DomainState::shut_off, .usb = {}, .indexes = {}}));
}

TEST(LibvirtLine, WhatHasNotItsFormIsLeftOut)
{
    const auto look = libvirt_look(R"({"state": "running", "qemu": 7, "free-root-ports": -1,
 "controllers": [7, {"index": "0"}, {"index": 4294967296, "alias": "a", "model": "m"},
                 {"index": 0, "alias": "usb", "model": "m", "usb2-ports": 256}],
 "devices": {"alias": "x"}, "others": [{"type": 4}, null]})");

    ASSERT_TRUE(look);
    ASSERT_EQ(look->usb.controllers.size(), 1);
    EXPECT_FALSE(look->usb.controllers[0].is_xhci());
    EXPECT_TRUE(look->usb.host_objects.empty() && look->usb.other_devices.empty() &&
                look->usb.free_root_ports.empty());
    EXPECT_FALSE(libvirt_look("{}"));
    EXPECT_FALSE(libvirt_look("no JSON"));
}

TEST(LibvirtLine, AGreetingOfThisProtocolSaysWhetherLibvirtIsThere)
{
    const auto kind = [](const char* line) { return read_libvirt_line(line).index(); };
    EXPECT_EQ(kind(R"({"usbroute-libvirt": 1, "connected": true})"), 1);
    EXPECT_EQ(kind(R"({"usbroute-libvirt": 1})"), 0);
    EXPECT_EQ(kind(R"({"usbroute-libvirt": 99})"), 1); // of which nothing else is known
    EXPECT_EQ(kind(R"({"usbroute-libvirt": "1", "connected": true})"), 0);
}

TEST(LibvirtLine, AQuestionIsOneLine)
{
    EXPECT_EQ(
        to_libvirt_line({.name = "look", .arguments = {{.name = "domain", .value = "a\nb\xc3\xa4"}}}, 3),
        "{\"do\":\"look\",\"domain\":\"a\\nb\\u00e4\",\"id\":3}\n");
}

} // namespace
} // namespace usbroute::wire
