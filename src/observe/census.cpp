// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/census.hpp"

#include "base/text.hpp"
#include "observe/decode.hpp"

#include <algorithm>
#include <cerrno>

namespace usbroute::observe {

using topology::Census;
using topology::Listed;

namespace {

/// A directory that is not there lists nothing.
std::optional<std::vector<Listed>> list_of(const KernelTree& tree, const std::string& directory)
{
    auto entries = tree.entries(directory);
    if (entries) return std::move(*entries);
    return entries.error().value == ENOENT ? std::optional(std::vector<Listed>{}) : std::nullopt;
}

/// Whether each controller of the PCI bus has the driver that it had when `snapshot` was made.
bool have_their_drivers(const KernelTree& tree, const topology::Snapshot& snapshot)
{
    return std::ranges::all_of(snapshot.controllers, [&](const topology::PciController& controller) {
        return driver_of(tree, "sys/bus/pci/devices/" + controller.name) == controller.driver;
    });
}

} // namespace

std::string driver_of(const KernelTree& tree, const std::string& directory)
{
    if (const auto link = tree.link(directory + "/driver")) return std::string(last_part(*link));
    const auto uevent = tree.read(directory + "/uevent", attribute_limit).value_or(std::string());
    return std::string(uevent_value(uevent, "DRIVER"));
}

std::optional<std::vector<Listed>> list_blocks(const KernelTree& tree)
{
    return list_of(tree, "sys/class/block");
}

std::optional<Census> take_census(const KernelTree& tree)
{
    auto functions = list_of(tree, "sys/bus/pci/devices");
    auto usb = list_of(tree, std::string(usb_list));
    auto blocks = list_blocks(tree);
    if (!functions || !usb || !blocks) return std::nullopt;
    return Census{.functions = std::move(*functions),
                  .usb = topology::listed_by_bus(std::move(*usb)),
                  .blocks = std::move(*blocks)};
}

bool still_holds(const KernelTree& tree, const topology::Snapshot& snapshot)
{
    const auto census = take_census(tree);
    if (!census) return true;
    return snapshot.census && census->is_as(*snapshot.census) && have_their_drivers(tree, snapshot);
}

} // namespace usbroute::observe
