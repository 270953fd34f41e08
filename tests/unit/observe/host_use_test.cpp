// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_tree.hpp"
#include "observe/scan.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace usbroute::observe {
namespace {

using fakes::dir;
using fakes::Entries;
using fakes::FakeTree;
using fakes::file;
using fakes::link;

constexpr const char* keyboard_keys = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe\n";

/// sys/class/CLASS/NAME, a link to `directory` below sys/devices.
fakes::Entry in_class(const char* class_name, const char* name, const std::string& directory)
{
    return dir("class", {dir(class_name, {link(name, "../../devices/" + directory)})});
}

std::vector<std::string> uses_told(const KernelTree& tree)
{
    std::vector<std::string> lines;
    for (const auto& activity : look_at_host_use(tree).activities)
        lines.push_back(activity.usb.text() + " " + activity.what);
    return lines;
}

using Lines = std::vector<std::string>;

TEST(Inputs, AreReadWithTheDeviceThatTheyHangOn)
{
    FakeTree tree(
        {dir("sys", {in_class("input", "input12", "pci0/usb3/3-1/3-1.4/3-1.4:1.0/0003:1.2/input/input12")})});
    tree.add("sys/class/input", link("event3", "../../devices/x/input12/event3"));
    tree.add("sys/class/input", link("input2", "../../devices/platform/i8042/serio0/input/input2"));
    tree.add("sys/devices/pci0/usb3/3-1/3-1.4/3-1.4:1.0/0003:1.2/input/input12",
             dir("capabilities", {file("ev", "120013\n"), file("key", keyboard_keys)}));
    tree.add("sys/devices/pci0/usb3/3-1/3-1.4/3-1.4:1.0/0003:1.2/input/input12",
             file("name", "A Keyboard\n"));
    tree.add("sys/devices/pci0/usb3/3-1/3-1.4/3-1.4:1.0/0003:1.2/input/input12",
             dir("id", {file("bustype", "0003\n")}));
    // A switch: EV_SW alone.
    tree.add("sys/devices/platform/i8042/serio0/input/input2", dir("capabilities", {file("ev", "21\n")}));
    tree.add("sys/class/bluetooth", link("hci0", "../../devices/pci0/usb3/3-9/3-9:1.0/bluetooth/hci0"));
    tree.add("sys/class/bluetooth",
             link("hci0:256", "../../devices/pci0/usb3/3-9/3-9:1.0/bluetooth/hci0/hci0:256"));
    tree.add("sys/class", dir("bluetooth", {}));

    const auto inputs = look_at_host_use(tree).inputs;

    ASSERT_TRUE(inputs);
    ASSERT_EQ(inputs->devices.size(), 1u);
    EXPECT_EQ(inputs->devices[0].name, "A Keyboard");
    EXPECT_EQ(inputs->devices[0].usb, topology::PortPath::parse("3-1.4"));
    EXPECT_EQ(inputs->devices[0].bus, 3);
    EXPECT_TRUE(topology::can_type(inputs->devices[0].keys));
    EXPECT_EQ(inputs->adapters, std::vector{topology::PortPath::parse("3-9")});
}

TEST(Inputs, AreUnknownWhereTheKernelsListIsNotThere)
{
    EXPECT_FALSE(look_at_host_use(FakeTree(Entries{})).inputs);
    topology::UseParts none;
    EXPECT_FALSE(look_at_host_use(FakeTree({dir("sys", {dir("class", {dir("input", {})})})}), none).inputs);
    EXPECT_TRUE(look_at_host_use(FakeTree({dir("sys", {dir("class", {dir("input", {})})})})).inputs);
}

FakeTree network(const std::string& route)
{
    FakeTree tree(
        {dir("sys", {in_class("net", "eth1", "pci0/usb3/3-1/3-1:1.0/net/eth1")}),
         dir("proc",
             {dir("net",
                  {file("route", route + "\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n")})})});
    tree.add("sys/devices/pci0/usb3/3-1/3-1:1.0/net", dir("eth1", {}));
    tree.add("sys/class/net", link("br0", "../../devices/virtual/net/br0"));
    tree.add("sys/devices/virtual/net", dir("br0", {link("lower_bond0", "../bond0")}));
    tree.add("sys/class/net", link("bond0", "../../devices/virtual/net/bond0"));
    // A circle, which only a recording can have.
    tree.add("sys/devices/virtual/net", dir("bond0", {link("lower_eth1", "x"), link("lower_br0", "../br0")}));
    return tree;
}

TEST(Activity, IsANetworkInterfaceWithTheDefaultRouteAlsoBelowABridge)
{
    EXPECT_EQ(uses_told(network("eth1")), Lines{"3-1 network interface eth1 carries the default route"});
    EXPECT_EQ(uses_told(network("br0")),
              Lines{"3-1 network interface eth1 carries the default route of br0"});
    EXPECT_EQ(uses_told(network("eth0")), Lines{});
    EXPECT_EQ(uses_told(network("../../devices/pci0/usb3/3-1/3-1:1.0/net/eth1")), Lines{});
}

TEST(Activity, IsANetworkInterfaceBelowASessionOfPpp)
{
    auto tree = network("ppp0");
    tree.add("proc/net", file("pppoe", "Id       Address              Device\n"
                                       "00000001 00:11:22:33:44:55     eth1\n"));

    EXPECT_EQ(uses_told(tree), Lines{"3-1 network interface eth1 carries the default route of ppp0"});
}

TEST(Activity, IsTheWayToWhatIsMountedFromAnotherMachine)
{
    FakeTree tree(
        {dir("sys", {in_class("net", "usb0", "pci0/usb3/3-1/3-1:1.0/net/usb0")}),
         dir("proc",
             {dir("net", {file("route", "usb0\t0007A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\n")}),
              dir("self",
                  {file("mountinfo", "27 1 0:25 / / rw - nfs 192.168.7.1:/srv rw,addr=192.168.7.1\n")})})});

    EXPECT_EQ(uses_told(tree),
              Lines{"3-1 network interface usb0 carries the way to 192.168.7.1, which serves /"});
}

TEST(Activity, IsAConsoleOfTheKernel)
{
    FakeTree tree({dir("sys", {in_class("tty", "ttyUSB0", "pci0/usb3/3-1/3-1:1.0/ttyUSB0/tty/ttyUSB0")}),
                   dir("proc", {file("consoles", "ttyUSB0              -W- (EC  p  )  188:0\n")})});

    EXPECT_EQ(uses_told(tree), Lines{"3-1 ttyUSB0 is a console of the kernel"});
}

TEST(Activity, IsASoundCardThatRuns)
{
    const auto card = [](const char* playback, const char* capture) {
        FakeTree tree(
            {dir("sys", {in_class("sound", "card1", "pci0/usb3/3-2/3-2:1.0/sound/card1")}),
             dir("proc",
                 {dir("asound", {dir("card1", {file("id", "Headset\n"),
                                               dir("pcm0p", {dir("sub0", {file("status", playback)})}),
                                               dir("pcm0c", {dir("sub0", {file("status", capture)})})})})})});
        tree.add("sys/class/sound",
                 link("controlC1", "../../devices/pci0/usb3/3-2/3-2:1.0/sound/card1/controlC1"));
        return uses_told(tree);
    };

    EXPECT_EQ(card("closed\n", "closed\n"), Lines{});
    EXPECT_EQ(card("state: RUNNING\nowner_pid   : 1\n", "closed\n"),
              Lines{"3-2 sound card1 (Headset) is being played"});
    EXPECT_EQ(card("closed\n", "state: RUNNING\n"),
              Lines{"3-2 sound card1 (Headset) is being recorded from"});
    EXPECT_EQ(card("state: RUNNING\n", "state: RUNNING\n"),
              Lines{"3-2 sound card1 (Headset) is being played and recorded from"});
    EXPECT_EQ(card("state: PREPARED\n", ""), Lines{});
}

FakeTree with_devices()
{
    FakeTree tree(
        {dir("sys", {in_class("tty", "ttyUSB0", "pci0/usb3/3-3/3-3:1.0/ttyUSB0/tty/ttyUSB0")}),
         dir("proc", {dir("812", {file("comm", "minicom\n"),
                                  dir("fd", {link("0", "/dev/pts/1"), link("3", "/dev/ttyUSB0")})}),
                      dir("900", {file("comm", "caf\xe9\x1b\n"), dir("fd", {link("9", "/dev/video0")})}),
                      dir("901", {dir("fd", {link("4", "/dev/ttyUSB0")})})})});
    tree.add("sys/class", dir("video4linux", {}));
    tree.add("sys/class/video4linux",
             link("video0", "../../devices/pci0/usb3/3-4/3-4:1.0/video4linux/video0"));
    tree.add("sys/class/tty", link("ttyS0", "../../devices/pnp0/tty/ttyS0"));
    return tree;
}

TEST(Activity, IsASerialPortOrACameraThatIsOpen)
{
    EXPECT_EQ(uses_told(with_devices()),
              (Lines{"3-3 serial port /dev/ttyUSB0 is open in process 812 (minicom)",
                     "3-4 camera /dev/video0 is open in process 900 (caf\\xe9\\x1b)"}));
}

TEST(Activity, OfProcessesThatMayNotBeSeenIsNotTold)
{
    auto tree = with_devices();
    tree.fail("proc/812/fd", EACCES);
    tree.fail("proc/900", EACCES);

    EXPECT_EQ(uses_told(tree), Lines{"3-3 serial port /dev/ttyUSB0 is open in process 901"});
    auto parts = topology::UseParts::all();
    parts.processes = false;
    EXPECT_TRUE(look_at_host_use(with_devices(), parts).activities.empty());
}

TEST(Mounts, OfOtherNamespacesAreSeenOnceAndSaidToBeElsewhere)
{
    const std::string here = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n";
    const std::string there =
        here + "9 1 8:17 / /data rw - ext4 /dev/sdb1 rw\n10 1 0:9 / /proc rw - proc proc rw\n";
    const auto process = [](const char* number, const char* space, const std::string& table) {
        return dir(number,
                   {dir("ns", {link("mnt", space)}), file("mountinfo", table), file("comm", "conmon\n")});
    };
    FakeTree tree({dir("proc", {dir("self", {file("mountinfo", here), dir("ns", {link("mnt", "mnt:[1]")})}),
                                process("1", "mnt:[1]", here), process("50", "mnt:[2]", there),
                                process("51", "mnt:[2]", there), process("60", "mnt:[3]", "")})});
    tree.fail("proc/60", EACCES);

    const auto mounts = look_at_host_use(tree).mounts;

    ASSERT_EQ(mounts.size(), 2u);
    EXPECT_EQ(mounts[1].point, "/data");
    EXPECT_EQ(mounts[1].whose, "process 50 (conmon)");
}

TEST(Blocks, OfADeviceThatComesBackAsAnotherAreThoseThatAreThereNow)
{
    const std::string usb = "sys/devices/pci0/usb3";
    const auto device = [](const char* product, const char* disk) {
        const std::string block =
            "pci0/usb3/3-1/3-1:1.0/host6/target6:0:0/6:0:0:0/block/" + std::string(disk);
        FakeTree tree({dir("sys", {in_class("block", disk, block)})});
        tree.add("sys/devices/pci0/usb3/3-1",
                 file("uevent", "PRODUCT=" + std::string(product) + "\nTYPE=0/0/0\n"));
        tree.add("sys/devices/pci0/usb3", dir("3-1", {dir("3-1:1.0", {})}));
        tree.add("sys/devices/" + block, file("dev", std::string(disk) == "sdb" ? "8:16\n" : "8:32\n"));
        tree.add("sys/devices/pci0", dir("usb3", {file("speed", "480\n")}));
        tree.add("sys/bus/usb/devices", link("usb3", "../../../devices/pci0/usb3"));
        tree.add("sys/bus/usb", dir("devices", {link("3-1", "../../../../devices/pci0/usb3/3-1")}));
        return tree;
    };
    const auto before = scan(device("12d1/1446/0", "sdb"));
    ASSERT_EQ(before.blocks.size(), 1u);

    // A modem that was a disk with its driver on it, and an enclosure that went from bulk-only to UAS, look like this.
    const std::vector<std::string> hint{usb + "/3-1"};
    const auto after = rescan(device("12d1/14ac/0", "sdc"), before, hint);

    ASSERT_EQ(after.blocks.size(), 1u);
    EXPECT_EQ(after.blocks[0].name, "sdc");
    EXPECT_EQ(after.blocks[0].usb, topology::PortPath::parse("3-1"));
    topology::HostUse use;
    use.swaps = {"/dev/sdc"};
    EXPECT_EQ(topology::disks_in_use(after, use).size(), 1u);
}

TEST(Loops, AreReadWithWhatTheyAreOver)
{
    FakeTree tree({dir(
        "sys", {dir("block", {link("loop0", "../devices/virtual/block/loop0"),
                              link("loop1", "../devices/virtual/block/loop1")}),
                dir("devices",
                    {dir("virtual",
                         {dir("block", {dir("loop0", {file("dev", "7:0\n"),
                                                      dir("loop", {file("backing_file", "/mnt/a b.img\n")})}),
                                        dir("loop1", {file("dev", "7:1\n")})})})})})});

    const auto loops = look_at_host_use(tree).loops;

    ASSERT_EQ(loops.size(), 1u);
    EXPECT_EQ(loops[0].block.number, "7:0");
    EXPECT_EQ(loops[0].backing, "/mnt/a b.img");
}

} // namespace
} // namespace usbroute::observe
