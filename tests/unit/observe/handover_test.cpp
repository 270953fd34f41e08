// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_tree.hpp"
#include "observe/handover.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace usbroute::observe {
namespace {

using fakes::dir;
using fakes::FakeTree;
using fakes::file;
using fakes::link;

/// 256 bytes with a list of capabilities: each at its place, with the next one's place in byte 1.
std::string config_with(std::initializer_list<std::pair<std::size_t, std::string>> capabilities)
{
    std::string config(256, '\0');
    config[0x06] = 0x10;
    std::size_t pointer = 0x34;
    for (const auto& [at, bytes] : capabilities) {
        config[pointer] = static_cast<char>(at);
        config.replace(at, bytes.size(), bytes);
        pointer = at + 1;
    }
    return config;
}

TEST(Reset, IsFoundInTheAdvancedFeatures)
{
    const std::string power{'\x01', '\0', '\0', '\0'};
    const std::string with_flr{'\x13', '\0', '\x06', '\x03'};
    const std::string without{'\x13', '\0', '\x06', '\x01'};

    EXPECT_EQ(promises_function_level_reset(config_with({{0x50, power}, {0x98, with_flr}})), true);
    EXPECT_EQ(promises_function_level_reset(config_with({{0x50, power}, {0x98, without}})), false);
    EXPECT_EQ(promises_function_level_reset(config_with({{0x50, power}})), false);
}

TEST(Reset, IsFoundInThePciExpressCapability)
{
    const std::string with_flr{'\x10', '\0', '\x02', '\0', '\0', '\0', '\0', '\x10'};
    const std::string without{'\x10', '\0', '\x02', '\0', '\0', '\0', '\0', '\x0f'};

    EXPECT_EQ(promises_function_level_reset(config_with({{0x40, with_flr}})), true);
    EXPECT_EQ(promises_function_level_reset(config_with({{0x40, without}})), false);
}

TEST(Reset, IsNotKnownFromTheFirst64Bytes)
{
    EXPECT_EQ(promises_function_level_reset(std::string(64, '\0')), std::nullopt);
    EXPECT_EQ(promises_function_level_reset(""), std::nullopt);
}

TEST(Reset, SurvivesListsThatNoDeviceHas)
{
    auto round = config_with({{0x50, {'\x01', '\x50'}}});
    round[0x51] = 0x50;
    EXPECT_EQ(promises_function_level_reset(round), false);
    // At the very end there is no room for what the id promises.
    EXPECT_EQ(promises_function_level_reset(config_with({{0xfc, {'\x10'}}})), false);
    EXPECT_EQ(promises_function_level_reset(std::string(256, '\xff')), false);
}

TEST(HandoverLook, ReadsOverrideResetAndGroupOfUsbControllers)
{
    const FakeTree tree({dir(
        "sys",
        {dir("bus",
             {dir("pci", {dir("devices",
                              {dir("0000:00:1d.0",
                                   {file("vendor", "0x8086\n"), file("device", "0x8ca6\n"),
                                    file("class", "0x0c0320\n"), file("driver_override", "vfio-pci\n"),
                                    file("reset_method", "af_flr pm\n"),
                                    link("iommu_group", "../../../../kernel/iommu_groups/9")}),
                               dir("0000:00:1f.2", {file("vendor", "0x8086\n"), file("device", "0x8c82\n"),
                                                    file("class", "0x010601\n")})}),
                          dir("drivers", {dir("vfio-pci", {})})})})})});

    const auto look = look_at_handover(tree);

    EXPECT_EQ(look.functions.size(), 2U);
    ASSERT_EQ(look.controllers.size(), 1U);
    EXPECT_EQ(look.controllers[0].driver_override, "vfio-pci");
    EXPECT_EQ(look.controllers[0].reset_methods, (std::vector<std::string>{"af_flr", "pm"}));
    EXPECT_EQ(look.functions[0].iommu_group, 9U);
    EXPECT_TRUE(look.vfio_driver);
}

TEST(HandoverLook, TakesTheKernelsNullForNoOverride)
{
    const FakeTree tree({dir(
        "sys",
        {dir("bus", {dir("pci", {dir("devices", {dir("0000:00:1d.0",
                                                     {file("vendor", "0x8086\n"), file("device", "0x8ca6\n"),
                                                      file("class", "0x0c0320\n"),
                                                      file("driver_override", "(null)\n")})})})})})});

    const auto look = look_at_handover(tree);

    ASSERT_EQ(look.controllers.size(), 1U);
    EXPECT_EQ(look.controllers[0].driver_override, "");
    EXPECT_EQ(look.controllers[0].reset_methods, std::nullopt);
    EXPECT_FALSE(look.vfio_driver);
}

FakeTree processes()
{
    return FakeTree(
        {dir("proc", {dir("4711", {file("comm", "qemu-system-x86\n"),
                                   dir("fd", {link("0", "/dev/null"), link("9", "/dev/vfio/9"),
                                              link("10", "/dev/vfio/9"), link("11", "/dev/vfio/vfio")})}),
                      dir("4712", {file("comm", "cloud-hyper\n"),
                                   dir("fd", {link("3", "/dev/vfio/devices/vfio0"),
                                              link("4", "/dev/vfio/devices/../../evil")})}),
                      dir("self", {dir("fd", {link("9", "/dev/vfio/9")})}),
                      dir("1", {file("comm", "init\n"), dir("fd", {})})}),
         dir("sys",
             {dir("class",
                  {dir("vfio-dev",
                       {dir("vfio0",
                            {dir("device", {link("iommu_group", "../../../kernel/iommu_groups/7")})})})})})});
}

TEST(Holders, AreFoundByGroupAndByDeviceEachOnce)
{
    const auto look = look_at_holders(processes());

    EXPECT_EQ(look.holders,
              (std::vector<topology::GroupHolder>{{.group = 9, .process = 4711, .command = "qemu-system-x86"},
                                                  {.group = 7, .process = 4712, .command = "cloud-hyper"}}));
    EXPECT_TRUE(look.complete);
}

TEST(Holders, AreFoundInAChrootAndOnlyInTheirOwn)
{
    const FakeTree tree({dir("proc", {dir("5", {file("comm", "qemu-system-x86\n"), link("root", "/jail"),
                                                dir("fd", {link("9", "/jail/dev/vfio/9")})}),
                                      dir("6", {file("comm", "liar\n"), link("root", "/"),
                                                dir("fd", {link("3", "/home/liar/dev/vfio/9")})}),
                                      dir("7", {file("comm", "neighbour\n"), link("root", "/jail"),
                                                dir("fd", {link("3", "/jailer/dev/vfio/8")})})})});

    const auto look = look_at_holders(tree);

    EXPECT_EQ(look.holders,
              (std::vector<topology::GroupHolder>{{.group = 9, .process = 5, .command = "qemu-system-x86"}}));
}

TEST(Holders, SayWhenSomebodyCouldNotBeSeen)
{
    auto tree = processes();
    tree.fail("proc/1/fd", EACCES);

    const auto look = look_at_holders(tree);

    EXPECT_EQ(look.holders.size(), 2U);
    EXPECT_FALSE(look.complete);
}

} // namespace
} // namespace usbroute::observe
