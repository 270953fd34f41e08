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
using topology::PortPath;

namespace {

/// A directory that is not there lists nothing.
std::optional<std::vector<Listed>> list_of(const KernelTree& tree, const char* directory)
{
    auto entries = tree.entries(directory);
    if (entries) return std::move(*entries);
    return entries.error().value == ENOENT ? std::optional(std::vector<Listed>{}) : std::nullopt;
}

/// "3-1" for "3-1:1.0". Nothing for the interface of a root hub, which comes and goes with its controller.
std::optional<PortPath> place_of(const Listed& listed)
{
    return PortPath::parse(std::string_view(listed.name).substr(0, listed.name.find(':')));
}

} // namespace

std::string driver_of(const KernelTree& tree, const std::string& directory)
{
    if (const auto link = tree.link(directory + "/driver")) return std::string(last_part(*link));
    const auto uevent = tree.read(directory + "/uevent", attribute_limit).value_or(std::string());
    return std::string(uevent_value(uevent, "DRIVER"));
}

std::optional<Census> take_census(const KernelTree& tree)
{
    auto functions = list_of(tree, "sys/bus/pci/devices");
    auto usb = list_of(tree, "sys/bus/usb/devices");
    auto blocks = list_of(tree, "sys/class/block");
    if (!functions || !usb || !blocks) return std::nullopt;
    return Census{.functions = std::move(*functions), .usb = std::move(*usb), .blocks = std::move(*blocks)};
}

bool still_holds(const KernelTree& tree, const topology::Snapshot& snapshot)
{
    const auto census = take_census(tree);
    if (!census) return true;
    return snapshot.census && census->is_as(*snapshot.census) && have_their_drivers(tree, snapshot);
}

bool have_their_drivers(const KernelTree& tree, const topology::Snapshot& snapshot)
{
    return std::ranges::all_of(snapshot.controllers, [&](const topology::PciController& controller) {
        return driver_of(tree, "sys/bus/pci/devices/" + controller.name) == controller.driver;
    });
}

bool explain(std::span<const PortPath> places, const Census& before, const Census& now)
{
    return std::ranges::all_of(topology::difference(before.usb, now.usb), [&](const Listed& listed) {
        const auto changed_place = place_of(listed);
        return changed_place && std::ranges::any_of(places, [&](const PortPath& place) {
                   return place.contains(*changed_place);
               });
    });
}

} // namespace usbroute::observe
