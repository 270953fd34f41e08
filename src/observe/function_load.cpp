// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/function_load.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "observe/activity.hpp"
#include "observe/decode.hpp"

#include <algorithm>

namespace usbroute::observe {

using chips::PciFunction;
using topology::BlockName;
using topology::FunctionLoad;

namespace {

using Names = std::vector<std::string>;

constexpr std::size_t most_blocks = 1024; // of one function

/// An entry of a class and where it is in the tree of devices.
struct Placed {
    std::string name;
    std::string syspath;
};

std::vector<Placed> entries_of(const KernelTree& tree, const std::string& directory)
{
    auto names = tree.list(directory).value_or(Names{});
    std::ranges::sort(names);
    std::vector<Placed> entries;
    for (auto& name : names) {
        const auto link_path = directory + "/" + name;
        if (const auto target = tree.link(link_path))
            entries.push_back({.name = std::move(name), .syspath = resolve_link(link_path, *target)});
    }
    return entries;
}

bool is_below(std::string_view syspath, const PciAddress& function)
{
    return syspath.find("/" + function.text() + "/") != std::string_view::npos;
}

/// With several ways to one disk the kernel shows it below a subsystem of its own, which lists the controllers
/// (drivers/nvme/host/core.c, nvme_init_subsystem).
bool is_nvme_below(const KernelTree& tree, const std::string& syspath, const std::vector<Placed>& nvmes,
                   const PciAddress& function)
{
    if (syspath.find("/nvme-subsystem/") == std::string::npos) return false;
    const auto subsystem = syspath.substr(0, syspath.rfind('/'));
    const auto ways = tree.list(subsystem).value_or(Names{});
    return std::ranges::any_of(nvmes, [&](const Placed& nvme) {
        return is_below(nvme.syspath + "/", function) && std::ranges::find(ways, nvme.name) != ways.end();
    });
}

void add_block(const KernelTree& tree, const std::string& name, std::vector<BlockName>& blocks)
{
    if (!is_entry_name(name) || blocks.size() >= most_blocks ||
        std::ranges::find(blocks, name, &BlockName::name) != blocks.end())
        return;
    const auto directory = "sys/class/block/" + name;
    blocks.push_back({.name = name,
                      .number = attribute(tree, directory + "/dev"),
                      .mapper_name = attribute(tree, directory + "/dm/name")});
    for (const auto& holder : tree.list(directory + "/holders").value_or(Names{}))
        add_block(tree, holder, blocks);
}

/// boot_vga is 1 for the card on which the firmware began (drivers/pci/vgaarb.c); a frame buffer may be below another.
bool drives_the_screen(const KernelTree& tree, const PciFunction& function)
{
    constexpr std::uint32_t display = 0x03; // PCI code and ID assignment
    if (function.class_code >> 16 != display) return false;
    const auto first =
        tree.read(format("sys/bus/pci/devices/{}/boot_vga", function.address.text()), attribute_limit);
    if (first && trim(*first) == "1") return true;
    return std::ranges::any_of(entries_of(tree, "sys/class/graphics"), [&](const Placed& entry) {
        return entry.name.starts_with("fb") && is_below(entry.syspath, function.address);
    });
}

bool shares_a_group_with_usb(const PciFunction& function, const std::vector<PciFunction>& functions)
{
    return function.iommu_group && !function.is_usb_controller() &&
           std::ranges::any_of(functions, [&](const PciFunction& other) {
               return other.is_usb_controller() && other.iommu_group == function.iommu_group;
           });
}

} // namespace

std::vector<FunctionLoad> read_function_loads(const KernelTree& tree,
                                              const std::vector<PciFunction>& functions)
{
    std::vector<FunctionLoad> loads;
    std::vector<Placed> blocks;
    std::vector<Placed> nvmes;
    std::vector<RouteCarrier> carriers;
    for (const auto& function : functions) {
        if (function.driver.empty() || !shares_a_group_with_usb(function, functions)) continue;
        if (loads.empty()) {
            blocks = entries_of(tree, "sys/class/block");
            nvmes = entries_of(tree, "sys/class/nvme");
            carriers = route_carriers(tree);
        }
        FunctionLoad load{.address = function.address,
                          .blocks = {},
                          .route_carriers = {},
                          .drives_the_screen = drives_the_screen(tree, function)};
        for (const auto& block : blocks)
            if (is_below(block.syspath, function.address) ||
                is_nvme_below(tree, block.syspath, nvmes, function.address))
                add_block(tree, block.name, load.blocks);
        for (const auto& carrier : carriers)
            if (is_below(carrier.syspath, function.address))
                load.route_carriers.push_back({.name = carrier.name, .carries = carrier.carries});
        loads.push_back(std::move(load));
    }
    return loads;
}

} // namespace usbroute::observe
