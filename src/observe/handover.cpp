// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/handover.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "observe/decode.hpp"
#include "observe/function_load.hpp"
#include "observe/functions.hpp"

#include <algorithm>
#include <cerrno>

namespace usbroute::observe {

using topology::GroupHolder;
using topology::HandoverLook;
using topology::HandoverState;
using topology::HolderLook;

namespace {

constexpr std::size_t config_size = 256; // of a conventional PCI function; what lies beyond is of no use here

// PCI 3.0, 6.1 and 6.7.
constexpr std::size_t status_register = 0x06;
constexpr unsigned has_capabilities = 0x10; // bit 4 of it
constexpr std::size_t first_capability = 0x34;

std::uint8_t byte_at(std::string_view config, std::size_t at)
{
    return static_cast<std::uint8_t>(config[at]);
}

bool promises_reset(std::string_view config, std::size_t capability)
{
    const auto id = byte_at(config, capability);
    if (id == 0x10 && capability + 8 <= config.size())
        return (byte_at(config, capability + 7) & 0x10u) != 0; // bit 28 of the word at 4
    if (id == 0x13 && capability + 4 <= config.size()) return (byte_at(config, capability + 3) & 0x02u) != 0;
    return false;
}

std::optional<std::vector<std::string>> reset_methods(const KernelTree& tree, const std::string& directory)
{
    const auto text = tree.read(directory + "/reset_method", attribute_limit);
    if (!text) return std::nullopt;
    return texts_of(words(trim(*text)), [](const auto word) { return word; });
}

HandoverState read_state(const KernelTree& tree, const PciAddress& address)
{
    const auto directory = "sys/bus/pci/devices/" + address.text();
    HandoverState state;
    state.address = address;
    // The kernel writes "(null)" where there is none (drivers/pci/pci-sysfs.c, driver_override_show).
    if (const auto text = tree.read(directory + "/driver_override", attribute_limit))
        if (const auto word = trim(*text); word != "(null)") state.driver_override = word;
    state.reset_methods = reset_methods(tree, directory);
    if (const auto config = tree.read(directory + "/config", config_size))
        state.function_level_reset = promises_function_level_reset(*config);
    return state;
}

/// The group behind a descriptor's target: "/dev/vfio/9", or "/dev/vfio/devices/vfio0" since Linux 6.6. /dev/vfio/vfio
/// is the container, which is nobody's group.
std::optional<std::uint32_t> group_behind(const KernelTree& tree, std::string_view target)
{
    constexpr std::string_view prefix = "/dev/vfio/";
    constexpr std::string_view devices = "devices/";
    if (!target.starts_with(prefix)) return std::nullopt;
    target.remove_prefix(prefix.size());
    if (!target.starts_with(devices)) return parse_decimal(target);
    target.remove_prefix(devices.size());
    if (!is_plain_name(target)) return std::nullopt;
    const auto link = tree.link(format("sys/class/vfio-dev/{}/device/iommu_group", target));
    return link ? parse_decimal(last_part(*link)) : std::nullopt;
}

/// The target as the process itself would say it: inside a chroot (QEMU's -chroot, a container's) its descriptors
/// lead to ROOT/dev/vfio/9 for us.
std::string_view seen_from(std::string_view root, std::string_view target)
{
    const bool is_below =
        root.size() > 1 && target.starts_with(root) && target.substr(root.size()).starts_with('/');
    return is_below ? target.substr(root.size()) : target;
}

void read_holder(const KernelTree& tree, const std::string& name, std::uint32_t process, HolderLook& look)
{
    const auto directory = format("proc/{}/fd", name);
    const auto descriptors = tree.list(directory);
    if (!descriptors) {
        if (descriptors.error().value == EACCES || descriptors.error().value == EPERM) look.complete = false;
        return;
    }
    // Where it takes "/" to be. A process that can read the descriptors can read this.
    const auto root = tree.link(format("proc/{}/root", name)).value_or("/");
    for (const auto& descriptor : *descriptors) {
        const auto target = tree.link(directory + "/" + descriptor);
        const auto group = target ? group_behind(tree, seen_from(root, *target)) : std::nullopt;
        if (!group) continue;
        const auto is_it = [&](const GroupHolder& known) {
            return known.group == *group && known.process == process;
        };
        if (std::ranges::any_of(look.holders, is_it)) continue;
        const auto command = tree.read(format("proc/{}/comm", name), 64);
        look.holders.push_back({.group = *group,
                                .process = process,
                                .command = command ? std::string(trim(*command)) : std::string()});
    }
}

} // namespace

std::optional<bool> promises_function_level_reset(std::string_view config)
{
    if (config.size() < config_size) return std::nullopt;
    if ((byte_at(config, status_register) & has_capabilities) == 0) return false;
    constexpr std::size_t header = 64;
    constexpr int most_capabilities = 48; // as many as fit, so that a list that bites its tail ends
    std::size_t at = byte_at(config, first_capability) & 0xfcu;
    for (int i = 0; i < most_capabilities && at >= header; ++i) {
        if (promises_reset(config, at)) return true;
        at = byte_at(config, at + 1) & 0xfcu;
    }
    return false;
}

HandoverLook look_at_handover(const KernelTree& tree)
{
    HandoverLook look;
    look.functions = read_functions(tree);
    for (const auto& function : look.functions)
        if (function.is_usb_controller()) look.controllers.push_back(read_state(tree, function.address));
    look.loads = read_function_loads(tree, look.functions);
    look.vfio_driver = tree.list("sys/bus/pci/drivers/vfio-pci").has_value();
    return look;
}

HolderLook look_at_holders(const KernelTree& tree)
{
    HolderLook look{.holders = {}, .complete = true};
    for (const auto& name : tree.list("proc").value_or(std::vector<std::string>{}))
        if (const auto process = parse_decimal(name)) read_holder(tree, name, *process, look);
    std::ranges::sort(look.holders, {}, &GroupHolder::process);
    return look;
}

} // namespace usbroute::observe
