// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/nodes_tree.hpp"

#include "base/format.hpp"

#include <utility>

namespace usbroute::fakes {

using topology::PortPath;
using Node = FakeUsbNodes::Device;
using Nodes = std::map<PortPath, Node>;

namespace {

const std::string the_controller = "0000:02:00.0";

std::string directory_of(const PortPath& path)
{
    auto directory = format("../../../devices/pci0000:00/{}/usb{}", the_controller, path.bus());
    PortPath step(path.bus(), {});
    for (const auto port : path.ports()) {
        step = step.child(port);
        directory += "/" + step.text();
    }
    return directory;
}

void add_links(Entries& links, const PortPath& path, const Node& device)
{
    const auto directory = directory_of(path);
    links.push_back(link(path.text(), directory));
    if (path.is_root_hub() || !device.is_configured) return;
    const auto interface = path.text() + ":1.0";
    links.push_back(link(interface, directory + "/" + interface));
}

/// One configuration, the number 1, with one interface.
std::string descriptors_with(unsigned interface_class)
{
    auto interface = std::string("\x09\x04\x00\x00\x01\x00\x00\x00\x00", 9);
    interface[5] = static_cast<char>(interface_class);
    return std::string("\x12\x01", 2) + std::string(16, '\0') +
           std::string("\x09\x02\x12\x00\x01\x01\x00\xa0\x32", 9) + interface;
}

void add_children(Entries& entries, const PortPath& hub, const Nodes& nodes);

Entry plugged_in(const PortPath& path, const Node& device, const Nodes& nodes)
{
    const bool is_hub = device.ports > 0;
    const unsigned device_class = is_hub ? 9 : 0;
    const unsigned interface_class = is_hub ? 9 : 255;
    Entries entries{file("uevent", format("DEVNUM={:03}\nPRODUCT={}\nTYPE={}/0/0\n", device.number,
                                          device.ids, device_class)),
                    file("speed", "480\n"), file("authorized", "1\n"),
                    file("bConfigurationValue", device.is_configured ? "1\n" : "\n"),
                    file("descriptors", descriptors_with(interface_class))};
    if (device.is_configured) {
        entries.push_back(file("maxchild", format("{}\n", device.ports)));
        auto uevent = format("INTERFACE={}/0/0\n", interface_class);
        if (!device.driver.empty()) uevent += "DRIVER=" + device.driver + "\n";
        entries.push_back(dir(path.text() + ":1.0", {file("uevent", std::move(uevent))}));
        add_children(entries, path, nodes);
    }
    return dir(path.text(), std::move(entries));
}

void add_children(Entries& entries, const PortPath& hub, const Nodes& nodes)
{
    for (const auto& [path, device] : nodes)
        if (!path.is_root_hub() && hub.contains(path) && path.ports().size() == hub.ports().size() + 1)
            entries.push_back(plugged_in(path, device, nodes));
}

Entry root_hub(const PortPath& path, const Node& device, const Nodes& nodes)
{
    Entries entries{file("speed", "480\n"), file("maxchild", format("{}\n", device.ports)),
                    file("authorized", "1\n"), file("authorized_default", "1\n")};
    add_children(entries, path, nodes);
    return dir(path.text(), std::move(entries));
}

FakeTree made_of(const Nodes& nodes)
{
    Entries function{file("vendor", "0x1022\n"),
                     file("device", "0x43ee\n"),
                     file("class", "0x0c0330\n"),
                     file("revision", "0x00\n"),
                     file("config", std::string(256, '\0')),
                     link("driver", "../../../bus/pci/drivers/xhci_hcd")};
    Entries links;
    for (const auto& [path, device] : nodes) {
        if (path.is_root_hub()) function.push_back(root_hub(path, device, nodes));
        add_links(links, path, device);
    }
    const auto pci = "../../../devices/pci0000:00/" + the_controller;
    return FakeTree(
        {dir("sys", {dir("bus", {dir("pci", {dir("devices", {link(the_controller, pci)})}),
                                 dir("usb", {dir("devices", std::move(links))})}),
                     dir("devices", {dir("pci0000:00", {dir(the_controller, std::move(function))})})})});
}

} // namespace

const FakeTree& NodesTree::now() const
{
    std::string what;
    for (const auto& [path, device] : nodes_.devices)
        what += format("{} {} {} {} {}\n", path.text(), device.number, device.is_configured, device.driver,
                       device.ids);
    if (!tree_ || what != what_) {
        tree_.emplace(made_of(nodes_.devices));
        what_ = std::move(what);
    }
    return *tree_;
}

} // namespace usbroute::fakes
