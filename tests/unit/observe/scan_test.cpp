// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "fakes/fake_tree.hpp"
#include "linux/files.hpp"
#include "observe/decode.hpp"
#include "observe/hints.hpp"
#include "observe/scan.hpp"
#include "topology/connector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>

namespace usbroute::observe {
namespace {

using fakes::dir;
using fakes::Entries;
using fakes::Entry;
using fakes::FakeTree;
using fakes::file;
using fakes::link;
using topology::PortPath;
using topology::Snapshot;

std::string config_with(std::uint32_t usb2_owner)
{
    std::string bytes(256, '\0');
    for (unsigned i = 0; i < 4; ++i) bytes[0xd0 + i] = static_cast<char>(usb2_owner >> (8 * i));
    return bytes;
}

Entry keyboard()
{
    return dir(
        "3-4",
        {file("idVendor", "046d\n"), file("idProduct", "c31c\n"), file("bDeviceClass", "00\n"),
         file("speed", "1.5\n"), file("maxchild", "0\n"), file("product", "USB Keyboard\n"),
         file("removable", "removable\n"),
         dir("3-4:1.0", {file("uevent", "DEVTYPE=usb_interface\nDRIVER=usbhid\nINTERFACE=3/1/1\n")}),
         dir("3-4:1.1", {file("bInterfaceClass", "03\n"), file("bInterfaceSubClass", "00\n"),
                         file("bInterfaceProtocol", "00\n"), link("driver", "../../drivers/usbhid")})});
}

/// An xHCI with a keyboard in port 4.
FakeTree one_controller()
{
    return FakeTree(Entries{dir(
        "sys",
        {dir("bus", {dir("pci", {dir("devices",
                                     {link("0000:00:14.0", "../../../devices/pci0000:00/0000:00:14.0"),
                                      link("0000:00:1f.0", "../../../devices/pci0000:00/0000:00:1f.0")})})}),
         dir("devices",
             {dir("pci0000:00",
                  {dir("0000:00:14.0",
                       {file("vendor", "0x8086\n"), file("device", "0x8cb1\n"), file("class", "0x0c0330\n"),
                        file("revision", "0x04\n"), file("config", config_with(0x3ff7)),
                        link("driver", "../../../bus/pci/drivers/xhci_hcd"),
                        link("iommu_group", "../../../kernel/iommu_groups/4"),
                        dir("usb3",
                            {file("speed", "480\n"), file("maxchild", "14\n"),
                             dir("3-0:1.0",
                                 {dir("usb3-port4", {file("connect_type", "hotplug\n"),
                                                     link("peer", "../../../usb4/4-0:1.0/usb4-port2")})}),
                             keyboard()})}),
                   dir("0000:00:1f.0", {file("class", "0x060100\n")})})})})});
}

TEST(Scan, ReadsAControllerItsBusAndItsDevices)
{
    const auto snapshot = scan(one_controller());

    ASSERT_EQ(snapshot.controllers.size(), 1u);
    const auto& xhci = snapshot.controllers[0];
    EXPECT_EQ(xhci.name, "0000:00:14.0");
    EXPECT_EQ(xhci.syspath, "sys/devices/pci0000:00/0000:00:14.0");
    EXPECT_EQ(xhci.driver, "xhci_hcd");
    EXPECT_EQ(xhci.iommu_group, 4u);
    EXPECT_EQ(std::get<chips::RouteBits>(snapshot.registers_of(xhci.address)).usb2_owner, 0x3ff7u);
    ASSERT_EQ(snapshot.devices.size(), 1u);
    const auto& device = **snapshot.devices.begin();
    EXPECT_EQ(device.shown(), "USB Keyboard (046d:c31c)");
    EXPECT_TRUE(device.is_keyboard());
    ASSERT_EQ(device.interfaces.size(), 2u);
    EXPECT_EQ(device.interfaces[1].driver, "usbhid");
    EXPECT_EQ(device.interfaces[1].device_class, 3);
    EXPECT_EQ((*snapshot.ports.begin())->at(0).peer->text(), "4-2");
}

TEST(Scan, TakesWhatVanishedMeanwhileForGone)
{
    auto tree = one_controller();
    tree.remove("sys/devices/pci0000:00/0000:00:14.0/usb3/3-4/speed");
    tree.fail("sys/devices/pci0000:00/0000:00:14.0/usb3/3-4/3-4:1.0", ENOENT);

    const auto snapshot = scan(tree);

    ASSERT_EQ(snapshot.devices.size(), 1u);
    EXPECT_EQ((*snapshot.devices.begin())->vendor, 0x046d);
    EXPECT_EQ((*snapshot.devices.begin())->speed, topology::Speed{});
    EXPECT_TRUE(snapshot.notes.empty());
}

TEST(Scan, TakesADirectoryWithoutIdsForNoDevice)
{
    // The kernel makes a device's directory before the files in it, and takes it away after them.
    for (const auto* missing : {"idVendor", "idProduct"}) {
        auto tree = one_controller();
        tree.remove(std::string("sys/devices/pci0000:00/0000:00:14.0/usb3/3-4/") + missing);

        EXPECT_EQ(scan(tree).device_at(*PortPath::parse("3-4")), nullptr) << missing;
    }
}

TEST(Scan, OfAMachineWithoutUsbOrWithoutSysfsIsEmptyAndNoError)
{
    EXPECT_TRUE(scan(FakeTree(Entries{})).controllers.empty());
    FakeTree forbidden(Entries{});
    forbidden.fail("sys", EACCES);
    EXPECT_EQ(scan(forbidden).notes,
              std::vector<std::string>{"cannot list the PCI devices: Permission denied"});
}

TEST(Scan, SaysThatSixtyFourBytesOfConfigurationSpaceAreNotEnough)
{
    auto tree = one_controller();
    tree.add("sys/devices/pci0000:00/0000:00:14.0", file("config", std::string(64, '\0')));

    EXPECT_EQ(std::get<topology::Unreadable>(scan(tree).registers.at(0).look).errno_value, 0);
}

TEST(Scan, IgnoresDriversLinkWithoutTargetAndReadsTheUeventInstead)
{
    auto tree = one_controller();
    tree.remove("sys/devices/pci0000:00/0000:00:14.0/driver");
    tree.add("sys/devices/pci0000:00/0000:00:14.0", file("uevent", "DRIVER=vfio-pci\nPCI_ID=8086:8CB1\n"));

    EXPECT_TRUE(scan(tree).controllers[0].is_given_away());
}

TEST(Scan, FindsAPlatformControllerThroughItsBus)
{
    const FakeTree tree(Entries{dir(
        "sys",
        {dir("bus",
             {dir("usb", {dir("devices", {link("usb1", "../../../devices/platform/vhci_hcd.0/usb1")})})}),
         dir("devices", {dir("platform", {dir("vhci_hcd.0", {dir("usb1", {file("speed", "480\n"),
                                                                          file("maxchild", "8\n")})})})})})});

    const auto snapshot = scan(tree);

    EXPECT_TRUE(snapshot.controllers.empty());
    ASSERT_EQ(snapshot.off_pci.size(), 1u);
    EXPECT_EQ(snapshot.off_pci[0].name, "vhci_hcd.0");
}

TEST(Scan, EndsInATreeDeeperThanUsbCanBe)
{
    const auto hub = [](const char* name, Entries below) {
        Entries inside{file("idVendor", "05e3\n"), file("idProduct", "0608\n"), file("bDeviceClass", "09\n"),
                       file("maxchild", "4\n")};
        inside.insert(inside.end(), below.begin(), below.end());
        return dir(name, std::move(inside));
    };
    Entry deepest = hub("3-4.1.1.1.1.1.1", {});
    for (const char* name : {"3-4.1.1.1.1.1", "3-4.1.1.1.1", "3-4.1.1.1", "3-4.1.1", "3-4.1", "3-4"})
        deepest = hub(name, {deepest});
    auto tree = one_controller();
    tree.remove("sys/devices/pci0000:00/0000:00:14.0/usb3/3-4");
    tree.add("sys/devices/pci0000:00/0000:00:14.0/usb3", deepest);

    EXPECT_EQ(scan(tree).devices.size(), 6u);
}

bool same(const Snapshot& a, const Snapshot& b)
{
    const auto equal = [](const auto& x, const auto& y) { return *x == *y; };
    return a.controllers == b.controllers && a.off_pci == b.off_pci && a.blocks == b.blocks &&
           a.registers == b.registers && std::ranges::equal(a.devices, b.devices, equal) &&
           std::ranges::equal(a.ports, b.ports, equal);
}

TEST(Rescan, SeesADeviceLeaveAndComeAsANewScanDoes)
{
    auto tree = one_controller();
    const auto before = scan(tree);
    const std::vector<std::string> hint{"sys/devices/pci0000:00/0000:00:14.0/usb3/3-4"};

    tree.remove(hint[0]);
    const auto without = rescan(tree, before, hint);
    EXPECT_TRUE(without.devices.empty());
    EXPECT_TRUE(same(without, scan(tree)));

    tree.add("sys/devices/pci0000:00/0000:00:14.0/usb3", keyboard());
    const auto again = rescan(tree, without, hint);
    EXPECT_TRUE(same(again, before));
}

/// A tree whose list of USB devices is the kernel's: what is not in it is being made or taken away.
struct ListingTree : FakeTree {
    explicit ListingTree(const FakeTree& tree) : FakeTree(tree) {}
    [[nodiscard]] std::optional<std::uint64_t> entry_number(const std::string& path) const override
    {
        const auto name = path.substr(path.rfind('/') + 1);
        return listed.contains(name) ? std::optional<std::uint64_t>(1) : std::nullopt;
    }
    std::set<std::string> listed;
};

TEST(Rescan, ADeviceOrInterfaceIsThereOnceTheKernelListsIt)
{
    ListingTree tree(one_controller());
    const auto before = scan(tree);
    const std::vector<std::string> hint{"sys/devices/pci0000:00/0000:00:14.0/usb3/3-4"};
    tree.listed = {"usb3", "3-0:1.0"};
    EXPECT_TRUE(rescan(tree, before, hint).devices.empty());

    tree.listed.insert({"3-4", "3-4:1.0"});
    const auto begun = rescan(tree, before, hint);
    ASSERT_EQ(begun.devices.size(), 1u);
    EXPECT_EQ((*begun.devices.begin())->interfaces.size(), 1u);

    tree.listed.insert("3-4:1.1");
    EXPECT_TRUE(same(rescan(tree, begun, hint), before));
}

TEST(Rescan, KeepsTheObjectOfADeviceThatReadsAsBefore)
{
    const auto tree = one_controller();
    const auto before = scan(tree);

    const auto after = rescan(
        tree, before, std::vector<std::string>{"sys/devices/pci0000:00/0000:00:14.0/usb3/3-4/3-4:1.0"});

    EXPECT_EQ(*after.devices.begin(), *before.devices.begin());
}

/// For every device of every recorded machine: a hint about it on an unchanged tree changes nothing.
TEST(Rescan, EqualsANewScanOnRecordedMachines)
{
    for (const char* name :
         {"z97e-itx-ac", "dock-four-deep", "thinkpad-l540", "gigabyte-x99-ud4", "amd-a520m"}) {
        const linux_::LiveTree tree(fakes::machine_root(name));
        const auto before = scan(tree);
        for (const auto& device : before.devices) {
            const auto* controller = before.controller_of_bus(device->path.bus());
            std::string hint = controller->syspath + "/usb" + std::to_string(device->path.bus());
            PortPath step(device->path.bus(), {});
            for (const auto port : device->path.ports()) hint += "/" + (step = step.child(port)).text();
            EXPECT_TRUE(same(rescan(tree, before, std::vector{hint + "/host6/block/sdb"}), before))
                << name << " " << hint;
        }
    }
}

/// A tree in which something is not there.
class PoorerTree final : public KernelTree {
public:
    using Hidden = bool (*)(const std::string&);
    PoorerTree(const KernelTree& whole, Hidden hidden) : whole_(whole), hidden_(hidden) {}

    [[nodiscard]] std::expected<std::vector<std::string>, Errno>
    list(const std::string& directory) const override
    {
        if (hidden_(directory)) return std::unexpected(Errno{ENOENT});
        return whole_.list(directory);
    }
    [[nodiscard]] std::expected<std::string, Errno> read(const std::string& file,
                                                         std::size_t limit) const override
    {
        if (hidden_(file)) return std::unexpected(Errno{ENOENT});
        return whole_.read(file, limit);
    }
    [[nodiscard]] std::expected<std::string, Errno> link(const std::string& path) const override
    {
        return whole_.link(path);
    }

private:
    const KernelTree& whole_;
    Hidden hidden_;
};

/// What is read at once on a whole machine is read piece by piece on one that lost it, and is the same.
TEST(Scan, NeedsNeitherTheLinksOfTheBusNorUevents)
{
    for (const char* name :
         {"z97e-itx-ac", "dock-four-deep", "thinkpad-l540", "gigabyte-x99-ud4", "amd-a520m"}) {
        const linux_::LiveTree tree(fakes::machine_root(name));
        const PoorerTree no_links(
            tree, [](const std::string& path) { return path.starts_with("sys/bus/usb/devices"); });
        const PoorerTree no_uevents(tree, [](const std::string& path) {
            return path.find("/usb") != std::string::npos && path.ends_with("/uevent");
        });

        EXPECT_FALSE(scan(tree).devices.empty()) << name;
        EXPECT_TRUE(same(scan(no_links), scan(tree))) << name;
        EXPECT_TRUE(same(scan(no_uevents), scan(tree))) << name;
    }
}

TEST(UsbDeviceIn, BeginsAtARootHubAndFollowsItsChildren)
{
    const std::string pci = "sys/devices/pci0000:00/0000:00:14.0/";

    EXPECT_EQ(usb_device_in(pci + "usb3/3-1/3-1.4/3-1.4:1.0/host6/target6:0:0/6:0:0:0/block/sdb")->text(),
              "3-1.4");
    EXPECT_EQ(usb_device_in(pci + "usb3/3-0:1.0/usb3-port1")->text(), "usb3");
    EXPECT_FALSE(usb_device_in(pci));
    EXPECT_FALSE(usb_device_in("sys/devices/pci0000:00/0000:00:1f.4/i2c-6/6-50"));
}

TEST(HintAt, NamesThePlaceAsAPathOfTheKernelsWould)
{
    for (const auto* place : {"3-1", "3-1.4", "12-7.1.2"})
        EXPECT_EQ(usb_device_in(hint_at(topology::PortPath::parse(place).value()))->text(), place);
}

TEST(ResolveLink, NeverLeavesTheTree)
{
    EXPECT_EQ(resolve_link("sys/bus/pci/devices/x", "../../../devices/x"), "sys/devices/x");
    EXPECT_EQ(resolve_link("sys/a", "/sys/devices/x"), "sys/devices/x");
    EXPECT_EQ(resolve_link("sys/a", "../../../../../../etc/passwd"), "etc/passwd");
}

TEST(Lockdown, IsTheBracketedWord)
{
    const auto level = [](std::string text) {
        return lockdown_level(FakeTree(
            Entries{dir("sys", {dir("kernel", {dir("security", {file("lockdown", std::move(text))})})})}));
    };
    EXPECT_EQ(level("none [integrity] confidentiality\n"), "integrity");
    EXPECT_EQ(level("[none] integrity confidentiality\n"), "");
    EXPECT_EQ(level("garbage ] ["), "");
    EXPECT_EQ(lockdown_level(FakeTree(Entries{})), "");
}

} // namespace
} // namespace usbroute::observe
