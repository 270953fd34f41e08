// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// USB devices as they come, get a configuration and drivers, and go.

#include "base/format.hpp"
#include "base/text.hpp"
#include "sim/kernel.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace usbroute::sim {

using topology::PortPath;

namespace {

std::string sys_path(const Node& node) { return format("sys/{}", node.path); }

/// SCSI looks for disks in a thread of its own, after the driver has bound.
bool comes_later(const Node& node) { return node.subsystem == "bus/scsi" || node.is_block(); }

std::string_view own_descriptors(const Node& device)
{
    const auto found = std::ranges::find(device.attributes, "descriptors", &Attribute::name);
    return found == device.attributes.end() ? std::string_view() : std::string_view(found->content);
}

} // namespace

const PresentDevice* Kernel::at(const PortPath& place) const
{
    const auto found = devices_.find(place);
    return found == devices_.end() ? nullptr : &found->second;
}

bool Kernel::is_claimed(const PortPath& place) const
{
    if (place.is_root_hub()) return false;
    auto ports = place.ports();
    const auto port = ports.back();
    ports.pop_back();
    const auto* hub = at(PortPath(place.bus(), ports));
    return hub != nullptr && hub->claims.contains(port);
}

/// The port's links, which exist before the device is announced. Old kernels and lean recordings show no ports.
Result<void> Kernel::occupy_port(const PortPath& place) const
{
    const auto port = format("sys/{}", port_directory(place));
    if (!tree_.has(port)) return {};
    const auto device = format("sys/{}", directory_of(place));
    if (auto done = tree_.link(device + "/port", port); !done) return done;
    return tree_.link(port + "/device", device);
}

/// The words are those of usb_state_string (drivers/usb/common/common.c).
void Kernel::say_port_state(const PortPath& place, std::string_view state) const
{
    if (place.is_root_hub()) return;
    const auto port = format("sys/{}", port_directory(place));
    if (tree_.has(port)) (void)tree_.write(port + "/state", format("{}\n", state));
}

/// The node below /dev, which is there before the device is announced.
Result<void> Kernel::show_node(const PresentDevice& device, std::uint16_t bus)
{
    if (doors_ != nullptr) doors_->open(bus, device.number);
    return tree_.write_node(format("bus/usb/{:03}/{:03}", bus, device.number), device.node.number,
                            own_descriptors(device.node));
}

Result<void> Kernel::connect(const PortPath& place, const DeviceModel& model, std::string_view removable)
{
    if (devices_.contains(place)) return failure(format("{} is occupied already", place.text()));
    const auto number = choose_number(place.bus());
    auto device = present_device(model, usb_nodes(model, {.directory = directory_of(place),
                                                          .place = place,
                                                          .number = number,
                                                          .superspeed = buses_.at(place.bus()).superspeed,
                                                          .removable = removable,
                                                          .first_input = next_input_}));
    next_input_ += count_inputs(model);
    device.serial = next_serial_++;
    device.number = number;
    device.is_configured = false;
    for (auto& interface : device.interfaces) interface.driver.clear();
    if (model.sectors > 0 && !device.interfaces.empty()) {
        auto& storage = device.interfaces.front();
        storage.made = disk_nodes(model, storage.node.path, next_host_++, lowest_free_letter());
    }
    if (!place.is_root_hub())
        if (auto done = occupy_port(place); !done) return done;
    if (auto done = show_node(device, place.bus()); !done) return done;
    auto bare = device.node;
    for (auto& changed : unconfigured_attributes(bare))
        std::ranges::find(bare.attributes, changed.name, &Attribute::name)->content =
            std::move(changed.content);
    if (auto done = show(bare); !done) return done;
    auto& present = devices_.insert_or_assign(place, std::move(device)).first->second;
    say_port_state(place, "addressed");
    if (!is_claimed(place))
        if (auto done = configure(place, present); !done) return done;
    events_.send("bind", present.node);
    return show_disks(present);
}

/// As usb_set_configuration (drivers/usb/core/message.c). A device that can wake the machine gets its files for that first,
/// which is a change of its own (drivers/base/power/sysfs.c, wakeup_sysfs_add).
Result<void> Kernel::configure(const PortPath& place, PresentDevice& device)
{
    device.is_configured = true;
    for (const auto& changed : unconfigured_attributes(device.node)) {
        const auto known = std::ranges::find(device.node.attributes, changed.name, &Attribute::name);
        if (changed.name == "maxchild") continue; // the hub's driver says it
        if (auto done = tree_.write(format("{}/{}", sys_path(device.node), changed.name), known->content);
            !done)
            return done;
    }
    say_port_state(place, "configured");
    if (device.can_wake()) events_.send("change", device.node);
    for (auto& interface : device.interfaces) {
        if (auto done = show(interface.node); !done) return done;
        if (interface.native.empty() || is_claimed(place)) continue;
        if (auto done = bind_host_driver(place, device, interface); !done) return done;
    }
    return {};
}

void Kernel::unconfigure(const PortPath& place, PresentDevice& device)
{
    for (auto& interface : device.interfaces | std::views::reverse) {
        if (!interface.driver.empty()) let_go(place, device, interface);
        hide(interface.node);
    }
    device.is_configured = false;
    for (const auto& changed : unconfigured_attributes(device.node))
        (void)tree_.write(format("{}/{}", sys_path(device.node), changed.name), changed.content);
    say_port_state(place, "addressed");
}

Result<void> Kernel::link_driver(PresentInterface& interface, std::string_view driver)
{
    interface.driver = driver;
    auto node = interface.node;
    node.driver = driver;
    const auto directory = sys_path(node);
    const auto of_driver = format("sys/bus/usb/drivers/{}", driver);
    if (auto done = tree_.link(directory + "/driver", of_driver); !done) return done;
    if (auto done = tree_.link(format("{}/{}", of_driver, node.name()), directory); !done) return done;
    return tree_.write(directory + "/uevent", node.properties());
}

/// The driver makes its objects while it probes, and only then is it bound (drivers/base/dd.c).
Result<void> Kernel::bind_host_driver(const PortPath& place, PresentDevice& device,
                                      PresentInterface& interface)
{
    if (interface.native == "hub") {
        for (const auto& port : interface.ports)
            if (auto done = tree_.write(format("{}/{}", sys_path(interface.node), port.name), port.content);
                !done)
                return done;
        if (!device.model->recorded)
            if (auto done = add_ports(place, device.model->hub_ports); !done) return done;
        const auto ports = std::ranges::find(device.node.attributes, "maxchild", &Attribute::name);
        if (ports != device.node.attributes.end())
            if (auto done = tree_.write(sys_path(device.node) + "/maxchild", ports->content); !done)
                return done;
    }
    if (auto done = link_driver(interface, interface.native); !done) return done;
    interface.shown.clear();
    for (const auto& node : interface.made) {
        if (comes_later(node)) continue;
        if (auto done = show(node); !done) return done;
        interface.shown.push_back(node);
    }
    auto bound = interface.node;
    bound.driver = interface.driver;
    events_.send("bind", bound);
    return {};
}

/// What SCSI has found behind the drivers that have bound.
Result<void> Kernel::show_disks(PresentDevice& device)
{
    if (!device.is_configured) return {};
    for (auto& interface : device.interfaces) {
        if (interface.driver != interface.native || std::ranges::any_of(interface.shown, comes_later))
            continue;
        std::vector<Node> nodes;
        std::ranges::copy_if(interface.made, std::back_inserter(nodes), comes_later);
        take_letters(nodes);
        for (auto& node : nodes) {
            if (auto done = show(node); !done) return done;
            interface.shown.push_back(std::move(node));
        }
    }
    return {};
}

/// A driver, the host's or usbfs, loses its interface.
void Kernel::let_go(const PortPath& place, PresentDevice& device, PresentInterface& interface)
{
    for (const auto& node : interface.shown | std::views::reverse) hide(node);
    for (const char letter : disks_among(interface.shown)) disk_letters_.erase(letter);
    interface.shown.clear();
    if (interface.driver == "hub") {
        for (std::uint8_t port = 1; port <= device.model->hub_ports; ++port)
            tree_.remove(format("sys/{}", port_directory(place.child(port))));
        (void)tree_.write(sys_path(device.node) + "/maxchild", "0\n");
        device.claims.clear();
    }
    const auto directory = sys_path(interface.node);
    tree_.remove(directory + "/driver");
    tree_.remove(format("sys/bus/usb/drivers/{}/{}", interface.driver, interface.node.name()));
    (void)tree_.write(directory + "/uevent", interface.node.properties());
    interface.driver.clear();
    interface.user = {};
    events_.send("unbind", interface.node);
}

char Kernel::lowest_free_letter() const
{
    char letter = 'a';
    while (disk_letters_.contains(letter) && letter < 'z') ++letter;
    return letter;
}

void Kernel::take_letters(std::vector<Node>& nodes)
{
    for (const char letter : disks_among(nodes)) {
        const auto taken = disk_letters_.contains(letter) ? lowest_free_letter() : letter;
        disk_letters_.insert(taken);
        if (taken != letter) rename_disk(nodes, letter, taken);
    }
}

Result<void> Kernel::disconnect(const PortPath& place)
{
    const auto found = devices_.find(place);
    if (found == devices_.end()) return {};
    auto& device = found->second;
    if (!place.is_root_hub()) {
        const auto port = format("sys/{}", port_directory(place));
        if (tree_.has(port)) tree_.remove(port + "/device");
        say_port_state(place, "not attached");
    }
    if (device.is_configured)
        for (auto& interface : device.interfaces | std::views::reverse) {
            if (!interface.driver.empty()) let_go(place, device, interface);
            hide(interface.node);
        }
    tree_.remove_node(format("bus/usb/{:03}/{:03}", place.bus(), device.number));
    if (doors_ != nullptr) doors_->shut(place.bus(), device.number);
    hide(device.node);
    devices_.erase(found);
    return {};
}

const Node* Kernel::block(std::string_view name) const
{
    for (const auto& [place, device] : devices_)
        for (const auto& interface : device.interfaces)
            for (const auto& node : interface.shown)
                if (node.is_block() && node.name() == name) return &node;
    return nullptr;
}

} // namespace usbroute::sim
