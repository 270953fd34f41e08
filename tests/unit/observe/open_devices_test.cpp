// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_tree.hpp"
#include "observe/activity.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::observe {
namespace {

using fakes::dir;
using fakes::Entries;
using fakes::FakeTree;
using fakes::file;
using fakes::link;

std::vector<std::string> told(const std::vector<topology::Activity>& activities)
{
    std::vector<std::string> lines;
    for (const auto& activity : activities) lines.push_back(activity.usb.text() + " " + activity.what);
    return lines;
}

using Lines = std::vector<std::string>;

/// One entry of a class in 3-1, and process 812, which has these open.
FakeTree with(const std::string& class_name, const std::string& name, const Entries& open,
              const char* uevent = "")
{
    const auto place = "devices/pci0/usb3/3-1/3-1:1.0/" + class_name + "/" + name;
    FakeTree tree({dir("sys", {dir("class", {dir(class_name, {link(name, "../../" + place)})})}),
                   dir("proc", {dir("812", {file("comm", "daemon\n"), dir("fd", open)})})});
    tree.add("sys/" + place, file("uevent", uevent));
    return tree;
}

Lines open_in(const FakeTree& tree)
{
    std::vector<topology::Activity> found;
    add_open_devices(tree, found);
    return told(found);
}

TEST(OpenDevices, AreOfEveryKindThatAProgramHolds)
{
    const auto said = [](const char* class_name, const char* name, const char* file_name,
                         const char* uevent = "") {
        const auto lines = open_in(with(class_name, name, {link("7", file_name)}, uevent));
        return lines.size() == 1 ? lines.front() : std::string("nothing");
    };

    EXPECT_EQ(said("hidraw", "hidraw3", "/dev/hidraw3"),
              "3-1 hidraw /dev/hidraw3 is open in process 812 (daemon)");
    EXPECT_EQ(said("usbmisc", "hiddev0", "/dev/usb/hiddev0"),
              "3-1 hiddev /dev/usb/hiddev0 is open in process 812 (daemon)");
    EXPECT_EQ(said("usbmisc", "lp0", "/dev/usb/lp0"),
              "3-1 printer /dev/usb/lp0 is open in process 812 (daemon)");
    EXPECT_EQ(said("usbmisc", "cdc-wdm0", "/dev/cdc-wdm0"),
              "3-1 device file /dev/cdc-wdm0 is open in process 812 (daemon)");
    EXPECT_EQ(said("video4linux", "swradio0", "/dev/swradio0"),
              "3-1 radio /dev/swradio0 is open in process 812 (daemon)");
    EXPECT_EQ(
        said("dvb", "dvb0.frontend0", "/dev/dvb/adapter0/frontend0", "DEVNAME=dvb/adapter0/frontend0\n"),
        "3-1 tuner /dev/dvb/adapter0/frontend0 is open in process 812 (daemon)");
    EXPECT_EQ(said("hidraw", "hidraw3", "/dev/hidraw4"), "nothing");
    EXPECT_EQ(said("tty", "ttyS0", "/dev/ttyS0"), "nothing");
}

FakeTree with_usbfs(const char* target)
{
    FakeTree tree(
        {dir("sys",
             {dir("bus", {dir("usb", {dir("devices", {link("3-1", "../../../devices/pci0/usb3/3-1")})})})}),
         dir("proc", {dir("812", {file("comm", "upsd\n"), dir("fd", {link("7", target)})})})});
    tree.add("sys/devices/pci0/usb3/3-1", file("uevent", "MAJOR=189\nDEVNAME=bus/usb/003/005\n"));
    return tree;
}

TEST(OpenDevices, AreFoundThroughUsbfsAlsoFromInsideAChroot)
{
    EXPECT_EQ(open_in(with_usbfs("/dev/bus/usb/003/005")),
              Lines{"3-1 usbfs /dev/bus/usb/003/005 is open in process 812 (upsd)"});
    EXPECT_EQ(open_in(with_usbfs("/dev/bus/usb/003/006")), Lines{});

    auto jailed = with_usbfs("/var/chroot/nut/dev/bus/usb/003/005");
    EXPECT_EQ(open_in(jailed), Lines{});
    jailed.add("proc/812", link("root", "/var/chroot/nut"));
    EXPECT_EQ(open_in(jailed), Lines{"3-1 usbfs /dev/bus/usb/003/005 is open in process 812 (upsd)"});
}

TEST(PowerSupplies, AreToldByTheirDescriptor)
{
    const auto said = [](const std::string& descriptor) {
        FakeTree tree({dir(
            "sys",
            {dir("bus", {dir("hid", {dir("devices",
                                         {link("0003:1.1",
                                               "../../../devices/pci0/usb3/3-1/3-1:1.0/0003:1.1")})})})})});
        tree.add("sys/devices/pci0/usb3/3-1/3-1:1.0/0003:1.1", file("report_descriptor", descriptor));
        std::vector<topology::Activity> found;
        add_power_supplies(tree, found);
        return told(found);
    };

    EXPECT_EQ(
        said(std::string("\x05\x84\x09\x04\xa1\x01\xc0", 7)),
        Lines{"3-1 it is a power supply (UPS), and the host does not hear of a power failure without it"});
    EXPECT_EQ(said(std::string("\x05\x01\x09\x06\xa1\x01\xc0", 7)), Lines{});
}

TEST(Radios, AreInUseWhileConnected)
{
    const auto said = [](const char* state, bool is_radio) {
        FakeTree tree({dir(
            "sys",
            {dir("class", {dir("net", {link("wlx0", "../../devices/pci0/usb3/3-1/3-1:1.0/net/wlx0")})})})});
        tree.add("sys/devices/pci0/usb3/3-1/3-1:1.0/net/wlx0", file("operstate", state));
        if (is_radio) tree.add("sys/devices/pci0/usb3/3-1/3-1:1.0/net/wlx0", dir("phy80211", {}));
        std::vector<topology::Activity> found;
        add_network(tree, found);
        return told(found);
    };

    EXPECT_EQ(said("up\n", true), Lines{"3-1 radio wlx0 is connected"});
    EXPECT_EQ(said("dormant\n", true), Lines{});
    EXPECT_EQ(said("up\n", false), Lines{});
}

TEST(Radios, AreBluetoothAdaptersWithConnections)
{
    FakeTree tree(
        {dir("sys", {dir("class",
                         {dir("bluetooth", {link("hci0", "../../devices/pci0/usb3/3-1/3-1:1.0/hci0")})})})});
    std::vector<topology::Activity> found;
    add_network(tree, found);
    EXPECT_TRUE(found.empty());

    tree.add("sys/class/bluetooth", link("hci0:256", "../../devices/pci0/usb3/3-1/3-1:1.0/hci0/hci0:256"));
    add_network(tree, found);

    EXPECT_EQ(told(found), Lines{"3-1 Bluetooth adapter hci0 has 1 connection"});
}

} // namespace
} // namespace usbroute::observe
