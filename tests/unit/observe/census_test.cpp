// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_tree.hpp"
#include "observe/census.hpp"
#include "observe/scan.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>

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

TEST(Rescan, LooksAtEverythingWhenAHintDoesNotTellAll)
{
    auto tree = small_machine();
    const auto before = scan(tree);
    tree.add(xhci_path + "/usb3", device("3-2"));
    tree.add(xhci_path + "/usb3", device("3-3"));
    for (const char* name : {"3-2", "3-3"})
        tree.add("sys/bus/usb/devices", link(name, "../../../" + xhci_path.substr(4) + "/usb3/" + name));

    const auto after = rescan(tree, before, std::vector{xhci_path + "/usb3/3-2"});

    EXPECT_EQ(after.devices.size(), 3u); // 3-3 too, of which no hint came
    EXPECT_TRUE(still_holds(tree, after));
}

} // namespace
} // namespace usbroute::observe
