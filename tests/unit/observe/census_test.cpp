// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_tree.hpp"
#include "observe/census.hpp"
#include "observe/scan.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace usbroute::observe {
namespace {

using fakes::dir;
using fakes::Entries;
using fakes::FakeTree;
using fakes::file;
using fakes::link;

const std::string xhci_path = "sys/devices/pci0000:00/0000:00:14.0";

fakes::Entry device(const char* name)
{
    return dir(name, {file("idVendor", "0951\n"), file("idProduct", "1666\n"), file("bDeviceClass", "00\n")});
}

/// An xHCI with a device in port 1, and a disk that has nothing to do with USB.
FakeTree small_machine()
{
    return FakeTree(Entries{dir(
        "sys",
        {dir("bus",
             {dir("pci", {dir("devices", {link("0000:00:14.0", "../../../" + xhci_path.substr(4))})}),
              dir("usb", {dir("devices", {link("usb3", "../../../" + xhci_path.substr(4) + "/usb3"),
                                          link("3-1", "../../../" + xhci_path.substr(4) + "/usb3/3-1")})})}),
         dir("class", {dir("block", {link("nvme0n1", "../../devices/nvme0n1")})}),
         dir("devices",
             {dir("pci0000:00",
                  {dir("0000:00:14.0", {file("class", "0x0c0330\n"), link("driver", "../../drivers/xhci_hcd"),
                                        dir("usb3", {file("speed", "480\n"), device("3-1")})})})})})});
}

/// Says which entries are not those of before.
class NumberedTree final : public KernelTree {
public:
    explicit NumberedTree(const KernelTree& tree) : tree_(tree) {}

    std::expected<std::vector<std::string>, Errno> list(const std::string& directory) const override
    {
        return tree_.list(directory);
    }
    std::expected<std::vector<topology::Listed>, Errno> entries(const std::string& directory) const override
    {
        auto listed = tree_.entries(directory);
        if (listed)
            for (auto& entry : *listed)
                if (const auto number = numbers.find(entry.name); number != numbers.end())
                    entry.number = number->second;
        return listed;
    }
    std::optional<std::uint64_t> entry_number(const std::string& path) const override
    {
        const auto number = tree_.entry_number(path);
        const auto told = numbers.find(path.substr(path.rfind('/') + 1));
        return number && told != numbers.end() ? told->second : number;
    }
    std::expected<std::string, Errno> read(const std::string& file, std::size_t limit) const override
    {
        return tree_.read(file, limit);
    }
    std::expected<std::string, Errno> link(const std::string& path) const override
    {
        return tree_.link(path);
    }

    std::map<std::string, std::uint64_t> numbers;

private:
    const KernelTree& tree_;
};

TEST(Census, HoldsWhileNothingComesOrGoes)
{
    const auto tree = small_machine();

    const auto snapshot = scan(tree);

    EXPECT_TRUE(still_holds(tree, snapshot));
    EXPECT_TRUE(still_holds(tree, rescan(tree, snapshot, std::vector{xhci_path + "/usb3/3-1"})));
}

TEST(Census, NoticesWhateverComesGoesOrChangesItsDriver)
{
    const struct {
        const char* what;
        void (*change)(FakeTree&);
    } changes[] = {
        {"a device", [](FakeTree& tree) { tree.add("sys/bus/usb/devices", link("3-2", "../../../x")); }},
        {"an interface",
         [](FakeTree& tree) { tree.add("sys/bus/usb/devices", link("3-1:1.0", "../../../x")); }},
        {"a root hub", [](FakeTree& tree) { tree.add("sys/bus/usb/devices", link("usb4", "../../../x")); }},
        {"a device that leaves", [](FakeTree& tree) { tree.remove("sys/bus/usb/devices/3-1"); }},
        {"a disk", [](FakeTree& tree) { tree.add("sys/class/block", link("sdb", "../../x")); }},
        {"a partition", [](FakeTree& tree) { tree.add("sys/class/block", link("nvme0n1p1", "../../x")); }},
        {"a stacked device", [](FakeTree& tree) { tree.add("sys/class/block", link("dm-0", "../../x")); }},
        {"a function of the PCI bus",
         [](FakeTree& tree) { tree.add("sys/bus/pci/devices", link("0000:00:1d.0", "../../../x")); }},
        {"a controller that leaves", [](FakeTree& tree) { tree.remove("sys/bus/pci/devices/0000:00:14.0"); }},
        {"another driver",
         [](FakeTree& tree) {
             tree.remove(xhci_path + "/driver");
             tree.add(xhci_path, link("driver", "../../drivers/vfio-pci"));
         }},
        {"no driver", [](FakeTree& tree) { tree.remove(xhci_path + "/driver"); }},
    };
    for (const auto& [what, change] : changes) {
        auto tree = small_machine();
        const auto snapshot = scan(tree);

        change(tree);

        EXPECT_FALSE(still_holds(tree, snapshot)) << what;
        EXPECT_TRUE(still_holds(tree, scan(tree))) << what;
    }
}

TEST(Census, NoticesWhatCameUnderTheSameName)
{
    const auto machine = small_machine();
    NumberedTree tree(machine);
    tree.numbers["3-1"] = 7;
    const auto snapshot = scan(tree);
    ASSERT_TRUE(still_holds(tree, snapshot));

    tree.numbers["3-1"] = 8;

    EXPECT_FALSE(still_holds(tree, snapshot));
}

TEST(Census, LeavesItToTheHintsWhereNothingCanBeListed)
{
    auto tree = small_machine();
    const auto snapshot = scan(tree);

    tree.fail("sys/class/block", EMFILE);

    EXPECT_TRUE(still_holds(tree, snapshot));
}

/// Remembers which directories were listed.
class ListingTree final : public KernelTree {
public:
    explicit ListingTree(const KernelTree& tree) : tree_(tree) {}

    std::expected<std::vector<std::string>, Errno> list(const std::string& directory) const override
    {
        listed.insert(directory);
        return tree_.list(directory);
    }
    std::expected<std::string, Errno> read(const std::string& file, std::size_t limit) const override
    {
        return tree_.read(file, limit);
    }
    std::expected<std::string, Errno> link(const std::string& path) const override
    {
        return tree_.link(path);
    }

    mutable std::set<std::string> listed;

private:
    const KernelTree& tree_;
};

/// As the kernel does it: the folder, and the link in the list of the bus.
void plug(FakeTree& tree, const std::string& place, const char* name)
{
    tree.add(place, device(name));
    tree.add("sys/bus/usb/devices", link(name, "../../../" + place.substr(4) + "/" + name));
}

TEST(Rescan, ListsNothingButThePlaceThatTheHintNames)
{
    const auto machine = small_machine();
    const ListingTree tree(machine);
    const auto before = scan(tree);
    tree.listed.clear();

    const auto after = rescan(tree, before, std::vector{xhci_path + "/usb3/3-1"});

    EXPECT_EQ(tree.listed, (std::set<std::string>{xhci_path + "/usb3/3-1"}));
    EXPECT_TRUE(still_holds(tree, after));
}

TEST(Rescan, SharesAllThatItDidNotLookAtAndWhatReadsAsBefore)
{
    auto tree = small_machine();
    tree.add(xhci_path, dir("usb4", {file("speed", "5000\n"), device("4-1")}));
    tree.add("sys/bus/usb/devices", link("usb4", "../../../" + xhci_path.substr(4) + "/usb4"));
    plug(tree, xhci_path + "/usb4", "4-1");
    const auto before = scan(tree);
    ASSERT_EQ(before.devices.size(), 2u);

    const auto same = rescan(tree, before, std::vector{xhci_path + "/usb3/3-1"});
    plug(tree, xhci_path + "/usb3", "3-2");
    const auto after = rescan(tree, before, std::vector{xhci_path + "/usb3/3-2"});

    EXPECT_TRUE(buses_apart(same.devices, before.devices).empty());
    EXPECT_EQ(buses_apart(after.devices, before.devices), (std::vector<std::uint16_t>{3}));
    EXPECT_EQ(buses_apart(after.census->usb, before.census->usb), (std::vector<std::uint16_t>{3}));
    EXPECT_EQ(&after.controllers.all(), &before.controllers.all());
}

TEST(Rescan, LeavesWhatNoHintToldOfToBeNoticedByTheLists)
{
    auto tree = small_machine();
    const auto before = scan(tree);
    plug(tree, xhci_path + "/usb3", "3-2");
    plug(tree, xhci_path + "/usb3", "3-3");

    const auto after = rescan(tree, before, std::vector{xhci_path + "/usb3/3-2"});

    EXPECT_EQ(after.devices.size(), 2u); // not 3-3, of which no hint came
    EXPECT_FALSE(still_holds(tree, after));
    const auto both = rescan(tree, after, std::vector{xhci_path + "/usb3/3-3"});
    EXPECT_EQ(both.devices.size(), 3u);
    EXPECT_TRUE(still_holds(tree, both));
}

TEST(Rescan, KnowsTheNumberOfWhatItSawSoThatAnotherUnderThatNameIsNoticed)
{
    const auto machine = small_machine();
    NumberedTree tree(machine);
    tree.numbers["3-1"] = 7;
    const auto before = scan(tree);
    tree.numbers["3-1"] = 8; // unplugged and plugged in again, and a hint tells of it

    const auto after = rescan(tree, before, std::vector{xhci_path + "/usb3/3-1"});
    EXPECT_TRUE(still_holds(tree, after));
    tree.numbers["3-1"] = 9; // once more, and none does

    EXPECT_FALSE(still_holds(tree, after));
}

TEST(Rescan, OfADeviceThatWasNotWholeYetIsDoubtedByTheLists)
{
    auto tree = small_machine();
    const auto before = scan(tree);
    // The kernel makes the folder, then what stands in it, then the link (drivers/base/core.c, device_add).
    tree.add(xhci_path + "/usb3", dir("3-2", {}));
    const auto early = rescan(tree, before, std::vector{xhci_path + "/usb3/3-2"});
    EXPECT_TRUE(still_holds(tree, early));

    plug(tree, xhci_path + "/usb3", "3-2");

    EXPECT_FALSE(still_holds(tree, early));
}

TEST(Rescan, LooksAtEverythingWhereAHintTellsOfADeviceBelowAHubOfWhichNoneTold)
{
    auto tree = small_machine();
    const auto before = scan(tree);
    tree.add(xhci_path + "/usb3",
             dir("3-2", {file("uevent", "PRODUCT=5e3/608/0\nTYPE=9/0/1\n"), file("maxchild", "4\n")}));
    tree.add("sys/bus/usb/devices", link("3-2", "../../../" + xhci_path.substr(4) + "/usb3/3-2"));
    plug(tree, xhci_path + "/usb3/3-2", "3-2.1");
    plug(tree, xhci_path + "/usb3", "3-3");

    const auto after = rescan(tree, before, std::vector{xhci_path + "/usb3/3-2/3-2.1"});

    EXPECT_EQ(after.devices.size(), 4u);
    EXPECT_TRUE(still_holds(tree, after));
}

TEST(Rescan, TakesDisksAndTheirListFromOneMoment)
{
    auto tree = small_machine();
    const auto before = scan(tree);
    const auto disk = xhci_path + "/usb3/3-1/3-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb";
    tree.add("sys/class/block", link("sdb", "../../" + disk.substr(4)));

    const auto without = rescan(tree, before, std::vector{xhci_path + "/usb3/3-1"});
    EXPECT_TRUE(without.blocks.empty());
    EXPECT_FALSE(still_holds(tree, without));

    const auto after = rescan(tree, without, std::vector{disk});
    EXPECT_EQ(after.blocks.size(), 1u);
    EXPECT_TRUE(still_holds(tree, after));
}

} // namespace
} // namespace usbroute::observe
