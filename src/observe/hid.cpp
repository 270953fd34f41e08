// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/hid.hpp"

#include "base/groups.hpp"
#include "observe/decode.hpp"

#include <algorithm>
#include <functional>

namespace usbroute::observe {

using topology::HidReports;
using topology::PortPath;

namespace {

constexpr std::size_t longest_descriptor = 4096; // include/linux/hid.h, HID_MAX_DESCRIPTOR_SIZE

std::vector<HidReports> read_some(const KernelTree& tree,
                                  const std::function<bool(const PortPath&)>& is_asked)
{
    const std::string all = "sys/bus/hid/devices";
    auto names = tree.list(all).value_or(std::vector<std::string>{});
    std::ranges::sort(names);
    std::vector<HidReports> found;
    for (const auto& name : names) {
        const auto link_path = all + "/" + name;
        const auto target = tree.link(link_path);
        const auto path = target ? resolve_link(link_path, *target) : link_path;
        const auto usb = usb_device_in(path);
        if (!usb || !is_asked(*usb)) continue;
        const auto descriptor = tree.read(path + "/report_descriptor", longest_descriptor);
        if (!descriptor) continue;
        auto& known = group_with(found, &HidReports::usb, *usb);
        for (const auto use : topology::application_usages(*descriptor)) known.applications.push_back(use);
    }
    return found;
}

} // namespace

std::vector<HidReports> read_hid_reports(const KernelTree& tree, const std::vector<PortPath>& places)
{
    return read_some(tree,
                     [&](const PortPath& usb) { return std::ranges::find(places, usb) != places.end(); });
}

std::vector<HidReports> read_hid_reports(const KernelTree& tree)
{
    return read_some(tree, [](const PortPath&) { return true; });
}

} // namespace usbroute::observe
