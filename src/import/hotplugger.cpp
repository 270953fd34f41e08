// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"
#include "import/yaml_tree.hpp"

namespace usbroute::import_ {

namespace {

void read_hotplugger_port(const YamlNode& port, const std::string& guest, Found& found)
{
    const auto& text = port.text;
    if (!port.is_scalar() || text.empty()) return found.left(port.line, "a port must be a string");
    if (text.starts_with("/sys"))
        found.warn(
            port.line,
            format(
                "{} never matched, because DEVPATH begins with /devices; imported as the same path without /sys",
                said(text)));
    auto socket = socket_by_devpath(text);
    if (!socket)
        return found.left(
            port.line,
            format(
                "{} is not the path of a USB device; the old tool took every device with that text in its path",
                said(text)));
    if (last_name_of(text).find(':') != std::string_view::npos)
        found.warn(port.line,
                   format("{} is an interface of a device; imported as that device's socket", said(text)));
    socket->with_what_begins_alike = !text.ends_with('/');
    found.entries.push_back({.origin = found.at(port.line),
                             .guest = guest,
                             .socket = std::move(socket),
                             .device = {},
                             .name = {},
                             .mapping = {},
                             .file = {},
                             .parent_hash = {}});
}

void read_hotplugger_guest(const std::string& name, const YamlNode& node, Found& found)
{
    if (!node.is_map())
        return found.left(node.line, format("{} is not a virtual machine: it has no keys", said(name)));
    auto qmp = node.text_at("socket");
    if (qmp.empty()) found.left(node.line, format("{} has no socket; the old tool fails here", said(name)));
    if (!qmp.empty() && !qmp.starts_with('/')) {
        found.left(
            node.get("socket")->line,
            format(
                "the path {} is relative to the working directory of the old tool's service; set qmp to the absolute path",
                said(qmp)));
        qmp.clear();
    }
    found.guest(name, node.line).qmp = qmp;
    const auto* ports = node.get("ports");
    if (ports == nullptr || (ports->is_list() && ports->items.empty()) || ports->is_null())
        return found.left(node.line, format("{} has no ports; the old tool fails here", said(name)));
    if (ports->is_scalar()) return read_hotplugger_port(*ports, name, found);
    for (const auto& port : ports->items) read_hotplugger_port(port, name, found);
    for (const auto& [key, value] : node.pairs)
        if (key.text != "socket" && key.text != "delay" && key.text != "hubs" && key.text != "ports" &&
            key.text != "<<")
            found.left(key.line, format("hotplugger has no key {}", said(key.text)));
}

} // namespace

Result<Found> read_hotplugger(const Source& source)
{
    const auto tree = read_yaml(source);
    if (!tree) return std::unexpected(tree.error());
    Found found{.file = source.name,
                .kind = Kind::hotplugger,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    if (!tree->is_map())
        return bad_input(source, tree->line, "hotplugger's file must be a map of virtual machines");
    for (const auto& [key, machines] : tree->pairs) {
        // A key for anchors alone has no machines in it.
        if (!machines.is_map()) continue;
        for (const auto& [name, machine] : machines.pairs) {
            if (machine.is_map() && machine.get("ports") == nullptr && machine.get("socket") == nullptr) {
                found.left(name.line, format("{} has neither socket nor ports", said(name.text)));
                continue;
            }
            if (machines.get("ports") != nullptr && machines.get("hubs") != nullptr) break;
            read_hotplugger_guest(name.text, machine, found);
        }
        if (machines.get("ports") != nullptr && machines.get("hubs") != nullptr)
            read_hotplugger_guest(key.text, machines, found);
    }
    return found;
}

} // namespace usbroute::import_
