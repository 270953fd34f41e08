// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_tree.hpp"
#include "observe/function_load.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::observe {
namespace {

using chips::PciFunction;
using fakes::dir;
using fakes::FakeTree;
using fakes::file;
using fakes::link;

PciFunction function(const char* address, std::uint32_t class_code, std::uint32_t group, const char* driver)
{
    return {.address = *PciAddress::parse(address),
            .vendor = 0x1022,
            .device = 1,
            .class_code = class_code,
            .driver = driver,
            .iommu_group = group};
}

/// A USB controller, and functions of which all but the last are in its group.
const std::vector<PciFunction> group{
    function("02:00.0", 0x0c0330, 5, "xhci_hcd"), function("02:00.1", 0x010601, 5, "ahci"),
    function("03:00.0", 0x020000, 5, "r8169"), function("04:00.0", 0x030000, 5, "amdgpu"),
    function("05:00.0", 0x010802, 6, "nvme")};

std::string loads_told(const FakeTree& tree)
{
    std::string text;
    for (const auto& load : read_function_loads(tree, group)) {
        text += load.address.text();
        for (const auto& block : load.blocks)
            text += " " + block.name + "=" + block.number + "=" + block.mapper_name;
        for (const auto& carrier : load.route_carriers) text += " route:" + carrier.name;
        if (load.drives_the_screen) text += " screen";
        text += "\n";
    }
    return text;
}

TEST(FunctionLoad, IsOfTheGroupOfAUsbControllerOnly)
{
    EXPECT_EQ(loads_told(FakeTree(fakes::Entries{dir("sys", {})})),
              "0000:02:00.1\n0000:03:00.0\n0000:04:00.0\n");
}

TEST(FunctionLoad, HasTheDisksAndWhatIsStackedOnThem)
{
    const std::string disk = "pci0000:00/0000:00:01.2/0000:02:00.1/ata1/host0/target0:0:0/0:0:0:0/block/sda";
    FakeTree tree({dir(
        "sys", {dir("class", {dir("block", {link("sda", "../../devices/" + disk),
                                            link("sda2", "../../devices/" + disk + "/sda2"),
                                            link("sdb", "../../devices/pci0000:00/0000:00:14.0/block/sdb"),
                                            link("dm-0", "../../devices/virtual/block/dm-0")})})})});
    tree.add("sys/devices/" + disk, file("dev", "8:0\n"));
    tree.add("sys/devices/" + disk + "/sda2", file("dev", "8:2\n"));
    tree.add("sys/devices/" + disk + "/sda2", dir("holders", {link("dm-0", "x")}));
    tree.add("sys/devices/virtual/block/dm-0", file("dev", "253:0\n"));
    tree.add("sys/devices/virtual/block/dm-0/dm", file("name", "root\n"));

    EXPECT_EQ(loads_told(tree),
              "0000:02:00.1 sda=8:0= sda2=8:2= dm-0=253:0=root\n0000:03:00.0\n0000:04:00.0\n");
}

TEST(FunctionLoad, FindsADiskOfNvmeBelowItsSubsystem)
{
    const std::string subsystem = "sys/devices/virtual/nvme-subsystem/nvme-subsys0";
    FakeTree tree({dir(
        "sys",
        {dir("class",
             {dir("block", {link("nvme0n1", "../../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1")}),
              dir("nvme", {link("nvme0", "../../devices/pci0000:00/0000:02:00.1/nvme/nvme0")})})})});
    tree.add(subsystem, link("nvme0", "x"));
    tree.add(subsystem + "/nvme0n1", file("dev", "259:0\n"));

    EXPECT_TRUE(loads_told(tree).starts_with("0000:02:00.1 nvme0n1=259:0=\n")) << loads_told(tree);
}

TEST(FunctionLoad, HasTheDefaultRouteAndTheScreen)
{
    FakeTree tree(
        {dir("sys",
             {dir("class", {dir("net", {link("eth0", "../../devices/pci0000:00/0000:03:00.0/net/eth0")})})}),
         dir("proc",
             {dir("net", {file("route", "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n")})})});
    tree.add("sys/bus/pci/devices/0000:04:00.0", file("boot_vga", "1\n"));

    EXPECT_EQ(loads_told(tree), "0000:02:00.1\n0000:03:00.0 route:eth0\n0000:04:00.0 screen\n");
}

} // namespace
} // namespace usbroute::observe
