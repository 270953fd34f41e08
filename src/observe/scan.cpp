// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/scan.hpp"

#include "base/format.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "observe/blocks.hpp"
#include "observe/census.hpp"
#include "observe/decode.hpp"
#include "observe/devices.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>

namespace usbroute::observe {

using topology::Bus;
using topology::Controller;
using topology::ControllerKind;
using topology::PciController;
using topology::PortPath;
using topology::Snapshot;

namespace {

std::uint16_t hex_attribute(const KernelTree& tree, const std::string& file)
{
    return static_cast<std::uint16_t>(parse_hex(attribute(tree, file)).value_or(0));
}

Bus read_bus(const KernelTree& tree, std::uint16_t number, const std::string& directory)
{
    const auto ports = parse_decimal(attribute(tree, directory + "/maxchild")).value_or(0);
    const auto for_new = attribute(tree, directory + "/authorized_default");
    return {.number = number,
            .speed = topology::Speed::parse(attribute(tree, directory + "/speed")),
            .ports = static_cast<std::uint8_t>(std::min(ports, 255u)),
            .authorized = attribute(tree, directory + "/authorized") != "0",
            .authorizes_new = for_new != "0" && for_new != "2",
            .authorized_default = for_new};
}

/// D3, in which the controller sees nothing, or suspended at run time, which is D3 in the kernel's words. Asked before
/// the configuration space is read, because that wakes it.
std::string sleep_of(const KernelTree& tree, const std::string& directory)
{
    if (attribute(tree, directory + "/power/runtime_status") == "suspended")
        return "power/runtime_status: suspended";
    const auto state = attribute(tree, directory + "/power_state");
    return state.starts_with("D3") ? "power_state: " + printable(state, 16) : std::string();
}

/// The kernel shows a link's speed only for functions with the PCI Express capability (drivers/pci/pci-sysfs.c,
/// pcie_dev_attrs_are_visible). The chipset's own functions on bus 0 have no link.
bool is_pci_express(const KernelTree& tree, const std::string& directory, const PciController& controller,
                    std::string_view config)
{
    if (has_pci_express_capability(config)) return true;
    if (controller.address.domain == 0 && controller.address.bus == 0) return false;
    // No xHCI card was ever made for conventional PCI; EHCI cards were.
    return controller.kind == ControllerKind::xhci ||
           tree.read(directory + "/max_link_speed", attribute_limit).has_value();
}

/// The root hubs directly below a controller, and everything plugged into them.
void read_buses(const KernelTree& tree, Controller& controller, DeviceWalk& walk)
{
    for (const auto& name : tree.list(controller.syspath).value_or(std::vector<std::string>{})) {
        const auto path = PortPath::parse(name);
        if (!path || !path->is_root_hub()) continue;
        const auto directory = controller.syspath + "/" + name;
        controller.buses.push_back(read_bus(tree, path->bus(), directory));
        walk.below_hub(*path, directory);
    }
    std::ranges::sort(controller.buses, {}, &Bus::number);
}

std::optional<PciController> read_controller(const KernelTree& tree, const std::string& name,
                                             Snapshot& snapshot)
{
    const auto address = PciAddress::parse(name);
    const auto link_path = "sys/bus/pci/devices/" + name;
    const auto kind = kind_from_class(attribute(tree, link_path + "/class"));
    if (!address || !kind) return std::nullopt;

    const auto target = tree.link(link_path);
    PciController controller;
    controller.address = *address;
    controller.name = name;
    controller.syspath = target ? resolve_link(link_path, *target) : link_path;
    controller.kind = *kind;
    controller.vendor = hex_attribute(tree, link_path + "/vendor");
    controller.device = hex_attribute(tree, link_path + "/device");
    controller.revision = static_cast<std::uint8_t>(hex_attribute(tree, link_path + "/revision"));
    controller.driver = driver_of(tree, link_path);
    if (const auto group = tree.link(link_path + "/iommu_group"))
        controller.iommu_group = parse_decimal(last_part(*group));
    if (controller.is_driven_by_host()) controller.sleep_seen = sleep_of(tree, link_path);
    controller.asleep = !controller.sleep_seen.empty();
    std::string config_seen;
    if (*kind == ControllerKind::xhci) {
        const auto config = tree.read(link_path + "/config", config_bytes_needed);
        if (config)
            snapshot.note_registers(*address, decode_config(*config));
        else
            snapshot.note_registers(*address, topology::Unreadable{config.error().value});
        if (config) config_seen = *config;
    }
    controller.pci_express = is_pci_express(tree, link_path, controller, config_seen);
    if (controller.vendor == 0) snapshot.notes.push_back(format("{}: its ids could not be read", name));
    return controller;
}

/// The one at this place of the tree, which may have been found by another of its buses.
Controller& off_pci_controller(const KernelTree& tree, const std::string& syspath, Snapshot& snapshot)
{
    auto& off_pci = snapshot.off_pci.edit();
    const auto found = std::ranges::find(off_pci, syspath, &Controller::syspath);
    if (found != off_pci.end()) return *found;
    Controller controller;
    controller.name = std::string(last_part(syspath));
    controller.syspath = syspath;
    controller.driver = driver_of(tree, syspath);
    return off_pci.emplace_back(std::move(controller));
}

/// Buses that no PCI function owns: platform controllers, vhci_hcd, dummy_hcd.
void read_other_buses(const KernelTree& tree, const std::vector<std::string>& names, Snapshot& snapshot,
                      DeviceWalk& walk)
{
    for (const auto& name : names) {
        const auto path = PortPath::parse(name);
        if (!path || !path->is_root_hub() || snapshot.controller_of_bus(path->bus()) != nullptr) continue;
        const auto link_path = "sys/bus/usb/devices/" + name;
        const auto target = tree.link(link_path);
        const auto directory = target ? resolve_link(link_path, *target) : link_path;
        const auto parent = directory.substr(0, directory.rfind('/'));
        // A recording may have lost the tree below the PCI function; the root hub's serial still names it.
        const auto serial = attribute(tree, directory + "/serial");
        const auto address = PciAddress::parse(serial);
        auto& on_pci = snapshot.controllers.edit();
        const auto found =
            address ? std::ranges::find(on_pci, *address, &PciController::address) : on_pci.end();
        Controller& owner = found == on_pci.end() ? off_pci_controller(tree, parent, snapshot) : *found;
        owner.buses.push_back(read_bus(tree, path->bus(), directory));
        std::ranges::sort(owner.buses, {}, &Bus::number);
        walk.below_hub(*path, directory);
    }
}

template <class Entries> std::expected<std::vector<std::string>, Errno> names_in(const Entries& entries)
{
    std::vector<std::string> names;
    for (const topology::Listed& entry : entries) names.push_back(entry.name);
    return names;
}

std::shared_ptr<const topology::Census> shared(std::optional<topology::Census> census)
{
    return census ? std::make_shared<const topology::Census>(std::move(*census)) : nullptr;
}

/// The place of a device in the tree, by its controller and the hubs above it.
std::string syspath_of(const Controller& controller, const PortPath& path)
{
    std::string directory = format("{}/usb{}", controller.syspath, path.bus());
    PortPath step(path.bus(), {});
    for (const auto port : path.ports()) {
        step = step.child(port);
        directory += "/" + step.text();
    }
    return directory;
}

/// Where hints point to, in order. Nothing: not only to devices. A controller or a root hub came, went or changed its driver,
/// which is rare, and everything hangs on it.
std::optional<std::vector<PortPath>> places_of(std::span<const std::string> changed)
{
    std::vector<PortPath> places;
    for (const auto& path : changed) {
        const auto place = usb_device_in(path);
        if (!place || place->is_root_hub()) return std::nullopt;
        places.push_back(*place);
    }
    std::ranges::sort(places);
    return places;
}

bool has_blocks(const Snapshot& snapshot, const PortPath& place)
{
    return std::ranges::any_of(snapshot.blocks,
                               [&](const auto& block) { return block.usb && place.contains(*block.usb); });
}

/// What the kernel lists at a place is this now.
void put_listed(topology::Census& census, const PortPath& place, std::vector<topology::Listed> listed)
{
    const auto itself = place.text();
    auto entries = census.usb.on(place.bus());
    std::erase_if(entries, [&](const topology::Listed& entry) {
        const std::string_view name(entry.name);
        return name.starts_with(itself) &&
               (name.size() == itself.size() || name[itself.size()] == '.' || name[itself.size()] == ':');
    });
    std::ranges::move(listed, std::back_inserter(entries));
    census.usb.put(place.bus(), std::move(entries));
}

/// A device without the hub that it is plugged into: the hint about the hub was lost, or is still to come.
bool hangs_in_the_air(const Snapshot& snapshot, const PortPath& place)
{
    auto above = place.ports();
    above.pop_back();
    return !above.empty() && snapshot.device_at(place) != nullptr &&
           snapshot.device_at(PortPath(place.bus(), std::move(above))) == nullptr;
}

} // namespace

Snapshot scan(const KernelTree& tree, Ports ports)
{
    Snapshot snapshot;
    snapshot.census = shared(take_census(tree));
    DeviceWalk walk(tree, ports);
    auto usb_names = (snapshot.census ? names_in(snapshot.census->usb) : tree.list(std::string(usb_list)))
                         .value_or(std::vector<std::string>{});
    std::ranges::sort(usb_names);
    walk.know_all(usb_names);
    auto names = snapshot.census ? names_in(snapshot.census->functions) : tree.list("sys/bus/pci/devices");
    if (!names && names.error().value != ENOENT)
        snapshot.notes.push_back(format("cannot list the PCI devices: {}", errno_text(names.error().value)));
    if (names) {
        std::ranges::sort(*names);
        for (const auto& name : *names) {
            auto controller = read_controller(tree, name, snapshot);
            if (!controller) continue;
            read_buses(tree, *controller, walk);
            snapshot.controllers.push_back(std::move(*controller));
        }
    }
    read_other_buses(tree, usb_names, snapshot, walk);
    auto found = walk.take();
    snapshot.devices = in_order(std::move(found.devices));
    snapshot.ports = in_order(std::move(found.hubs));
    snapshot.blocks = read_usb_blocks(tree);
    return snapshot;
}

Snapshot rescan(const KernelTree& tree, const Snapshot& before, std::span<const std::string> changed)
{
    const auto places = places_of(changed);
    if (!places || !before.census) return scan(tree);
    Snapshot after = before;
    auto census = *before.census;
    const bool blocks_changed = std::ranges::any_of(
        changed, [](const auto& path) { return path.find("/block/") != std::string::npos; });
    if (blocks_changed ||
        std::ranges::any_of(*places, [&](const auto& p) { return has_blocks(before, p); })) {
        auto blocks = list_blocks(tree);
        if (!blocks) return scan(tree);
        census.blocks = std::move(*blocks);
        after.blocks = read_usb_blocks(tree);
    }
    const PortPath* done = nullptr;
    for (const auto& place : *places) {
        if (done != nullptr && done->contains(place)) continue; // already read with its hub
        const auto* controller = after.controller_of_bus(place.bus());
        if (controller == nullptr) return scan(tree);
        DeviceWalk walk(tree, Ports::read);
        walk.at(place, syspath_of(*controller, place));
        auto found = walk.take();
        put_listed(census, place, std::move(found.listed));
        put_found(after, place, std::move(found));
        if (hangs_in_the_air(after, place)) return scan(tree);
        done = &place;
    }
    after.census = shared(std::move(census));
    return after;
}

std::string lockdown_level(const KernelTree& tree)
{
    // "none [integrity] confidentiality": the level in force is the bracketed one.
    const auto text = tree.read("sys/kernel/security/lockdown", attribute_limit);
    if (!text) return {};
    const auto open = text->find('[');
    const auto close = text->find(']');
    if (open == std::string::npos || close == std::string::npos || close < open) return {};
    const auto level = text->substr(open + 1, close - open - 1);
    return level == "none" ? std::string() : printable(level, 32);
}

} // namespace usbroute::observe
