// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "import/readers.hpp"
#include "import/yaml_tree.hpp"

namespace usbroute::import_ {

namespace {

struct MicrovmDevices {
    std::string guest; ///< empty: not in this file
    const YamlNode* list;
};

/// Of one machine a list; of several an object with a list for each.
std::vector<MicrovmDevices> lists_of(const YamlNode& tree)
{
    if (tree.is_list()) return {{.guest = {}, .list = &tree}};
    if (!tree.is_map()) return {};
    if (const auto* devices = tree.get("devices")) return {{.guest = {}, .list = devices}};
    std::vector<MicrovmDevices> lists;
    for (const auto& [name, value] : tree.pairs)
        if (const auto* list = value.is_list() ? &value : value.get("devices"))
            lists.push_back({.guest = name.text, .list = list});
    return lists;
}

void take_function(const YamlNode& device, const std::string& path, const std::string& guest, Found& found)
{
    const auto address = PciAddress::parse(path);
    if (!address)
        found.left(device.line, format("{} is not a PCI address", said(path)));
    else if (guest.empty())
        found.left(device.line,
                   format("{} is assigned to a machine that this file does not name", address->text()));
    else
        found.guest(guest, device.line).functions.emplace_back(*address, found.at(device.line));
}

void take_microvm_device(const YamlNode& device, const std::string& guest, Found& found)
{
    const auto bus = device.text_at("bus");
    const auto path = device.text_at("path");
    if (bus == "pci" && !path.empty()) return take_function(device, path, guest, found);
    if (bus != "usb" || path.empty())
        return found.left(device.line, R"(a device needs a path and bus "usb" or "pci")");
    read_usb_host(path, device.line, guest, found);
    if (guest.empty())
        found.warn(device.line, "this file does not name the machine, so the guest is unknown");
}

} // namespace

Result<Found> read_microvm(const Source& source)
{
    const auto tree = read_json(source);
    if (!tree) return std::unexpected(tree.error());
    Found found{.file = source.name,
                .kind = Kind::microvm,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    const auto lists = lists_of(*tree);
    if (lists.empty()) return bad_input(source, tree->line, "microvm.devices must be a list of bus and path");
    for (const auto& [guest, list] : lists)
        for (const auto& device : list->items) take_microvm_device(device, guest, found);
    return found;
}

} // namespace usbroute::import_
