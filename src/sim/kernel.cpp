// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/kernel.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

namespace usbroute::sim {

using topology::PortPath;

namespace {

std::string in_sys(std::string_view path) { return format("sys/{}", path); }

/// Where a node is listed besides its own directory, all below sys.
std::vector<std::string> links_to(const Node& node)
{
    std::vector<std::string> links;
    if (node.is_block()) {
        links.push_back(format("class/block/{}", node.name()));
        if (node.uevent.find("DEVTYPE=disk\n") != std::string::npos)
            links.push_back(format("block/{}", node.name()));
    } else if (node.subsystem.starts_with("class/")) {
        links.push_back(format("{}/{}", node.subsystem, node.name()));
    } else {
        links.push_back(format("{}/devices/{}", node.subsystem, node.name()));
    }
    if (!node.driver.empty())
        links.push_back(format("{}/drivers/{}/{}", node.subsystem, node.driver, node.name()));
    if (!node.number.empty())
        links.push_back(format("dev/{}/{}", node.is_block() ? "block" : "char", node.number));
    return links;
}

} // namespace

Result<void> Kernel::show(const Node& node)
{
    const auto directory = in_sys(node.path);
    for (const auto& attribute : node.attributes) {
        const auto path = format("{}/{}", directory, attribute.name);
        auto done = attribute.target.empty() ? tree_.write(path, attribute.content)
                                             : tree_.link(path, attribute.target);
        if (!done) return done;
    }
    if (auto done = tree_.write(directory + "/uevent", node.properties()); !done) return done;
    if (auto done = tree_.link(directory + "/subsystem", in_sys(node.subsystem)); !done) return done;
    if (!node.driver.empty()) {
        const auto driver = in_sys(format("{}/drivers/{}", node.subsystem, node.driver));
        if (auto done = tree_.link(directory + "/driver", driver); !done) return done;
    }
    for (const auto& link : links_to(node))
        if (auto done = tree_.link(in_sys(link), directory); !done) return done;
    if (!node.extra.empty() && node.is_block()) {
        std::string record;
        for (std::size_t from = 0; from < node.extra.size();) {
            const auto end = node.extra.find('\n', from) + 1;
            record += "E:" + node.extra.substr(from, end - from);
            from = end;
        }
        if (auto done = tree_.write("run/udev/data/b" + node.number, record); !done) return done;
    }
    events_.send("add", node);
    if (!node.driver.empty() && node.subsystem != "bus/usb") events_.send("bind", node);
    return {};
}

void Kernel::hide(const Node& node)
{
    // As the kernel does: out of the lists, then the directory, then the event.
    for (const auto& link : links_to(node)) tree_.remove(in_sys(link));
    tree_.remove(in_sys(node.path));
    if (!node.number.empty()) tree_.remove("run/udev/data/b" + node.number);
    if (!node.driver.empty()) {
        Node unbound = node;
        unbound.driver.clear();
        events_.send("unbind", unbound);
        events_.send("remove", unbound);
    } else {
        events_.send("remove", node);
    }
}

std::string Kernel::directory_of(const PortPath& place) const
{
    std::string directory = buses_.at(place.bus()).directory;
    PortPath step(place.bus(), {});
    for (const auto port : place.ports()) {
        step = step.child(port);
        directory += "/" + step.text();
    }
    return directory;
}

std::string Kernel::port_directory(const PortPath& place) const
{
    auto above = place.ports();
    const auto port = above.back();
    above.pop_back();
    const PortPath hub(place.bus(), above);
    const auto stem = hub.is_root_hub() ? format("{}-0", hub.bus()) : hub.text();
    return format("{}/{}:1.0/{}-port{}", directory_of(hub), stem, hub.text(), port);
}

std::uint8_t Kernel::choose_number(std::uint16_t bus)
{
    // As the kernel: onwards from the last one, and round again past those in use.
    auto& next = buses_.at(bus).next_number;
    while (is_number_used(bus, next))
        next = next == 127 ? std::uint8_t{1} : static_cast<std::uint8_t>(next + 1);
    const auto number = next;
    next = next == 127 ? std::uint8_t{1} : static_cast<std::uint8_t>(next + 1);
    return number;
}

bool Kernel::is_number_used(std::uint16_t bus, std::uint8_t number) const
{
    return std::ranges::any_of(devices_, [bus, number](const auto& entry) {
        return entry.first.bus() == bus && entry.second.number == number;
    });
}

Result<void> Kernel::add_function(const BoardFunction& function, const std::string& config)
{
    auto node = function.node;
    node.driver.clear();
    const auto directory = in_sys(node.path);
    if (auto done = tree_.write(directory + "/config", config); !done) return done;
    if (auto done = tree_.write(directory + "/remove", ""); !done) return done;
    if (function.iommu_group) {
        const auto group = format("sys/kernel/iommu_groups/{}", *function.iommu_group);
        if (auto done = tree_.link(format("{}/devices/{}", group, function.address.text()), directory); !done)
            return done;
        if (auto done = tree_.link(directory + "/iommu_group", group); !done) return done;
    }
    if (auto done = show(node); !done) return done;
    functions_.insert_or_assign(function.address, std::move(node));
    return {};
}

void Kernel::remove_function(const PciAddress& address)
{
    const auto found = functions_.find(address);
    if (found == functions_.end()) return;
    const auto& attributes = found->second.attributes;
    const auto group = std::ranges::find(attributes, "iommu_group", &Attribute::name);
    if (group != attributes.end() && group->target.starts_with("sys/kernel/iommu_groups/"))
        tree_.remove(format("{}/devices/{}", group->target, address.text()));
    hide(found->second);
    functions_.erase(found);
}

Result<void> Kernel::bind_driver(const PciAddress& address, std::string_view driver)
{
    auto& node = functions_.at(address);
    node.driver = driver;
    const auto directory = in_sys(node.path);
    const auto driver_directory = format("sys/bus/pci/drivers/{}", driver);
    if (auto done = tree_.link(directory + "/driver", driver_directory); !done) return done;
    if (auto done = tree_.link(format("{}/{}", driver_directory, address.text()), directory); !done)
        return done;
    if (auto done = tree_.write(directory + "/uevent", node.properties()); !done) return done;
    if (auto done = tree_.write(directory + "/enable", "1\n"); !done) return done;
    events_.send("bind", node);
    return {};
}

Result<void> Kernel::unbind_driver(const PciAddress& address)
{
    auto& node = functions_.at(address);
    if (node.driver.empty()) return {};
    tree_.remove(in_sys(node.path) + "/driver");
    tree_.remove(format("sys/bus/pci/drivers/{}/{}", node.driver, address.text()));
    node.driver.clear();
    events_.send("unbind", node);
    if (auto done = tree_.write(in_sys(node.path) + "/uevent", node.properties()); !done) return done;
    return tree_.write(in_sys(node.path) + "/enable", "0\n");
}

Result<void> Kernel::add_bus(const std::string& controller, std::uint16_t number, const DeviceModel& model,
                             bool superspeed)
{
    buses_[number] = {.directory = format("{}/usb{}", controller, number), .superspeed = superspeed};
    return connect(PortPath(number, {}), model, "unknown");
}

Result<void> Kernel::remove_bus(std::uint16_t number)
{
    Result<void> outcome;
    while (true) {
        const auto is_on_it = [number](const auto& entry) { return entry.first.bus() == number; };
        const auto last = std::ranges::find_if(devices_.rbegin(), devices_.rend(), is_on_it);
        if (last == devices_.rend()) break;
        if (auto done = disconnect(PortPath(last->first)); !done) outcome = done;
    }
    buses_.erase(number);
    return outcome;
}

Result<void> Kernel::add_ports(const PortPath& hub, std::uint8_t ports)
{
    for (std::uint8_t port = 1; port <= ports; ++port) {
        const auto directory = in_sys(port_directory(hub.child(port)));
        // A hub's own ports: firmware tells nothing about them.
        const std::array<std::pair<const char*, const char*>, 8> attributes{
            {{"connect_type", "unknown\n"},
             {"location", "0x00000000\n"},
             {"disable", "0\n"},
             {"early_stop", "no\n"},
             {"over_current_count", "0\n"},
             {"quirks", "00000000\n"},
             {"state", "not attached\n"},
             {"uevent", "DEVTYPE=usb_port\n"}}};
        for (const auto& [name, content] : attributes)
            if (auto done = tree_.write(format("{}/{}", directory, name), content); !done) return done;
    }
    return {};
}

Result<void> Kernel::pair_ports(std::uint16_t usb2_bus, std::uint16_t superspeed_bus,
                                const std::map<std::uint8_t, std::uint8_t>& peers)
{
    for (const auto& [usb2_port, superspeed_port] : peers) {
        const auto usb2 = in_sys(port_directory(PortPath(usb2_bus, {usb2_port})));
        const auto superspeed = in_sys(port_directory(PortPath(superspeed_bus, {superspeed_port})));
        if (!tree_.has(usb2) || !tree_.has(superspeed)) continue;
        if (auto done = tree_.link(usb2 + "/peer", superspeed); !done) return done;
        if (auto done = tree_.link(superspeed + "/peer", usb2); !done) return done;
    }
    return {};
}

} // namespace usbroute::sim
