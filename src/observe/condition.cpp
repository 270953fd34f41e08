// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/condition.hpp"

#include "base/text.hpp"
#include "observe/functions.hpp"
#include "observe/kept_part.hpp"
#include "observe/scan.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace usbroute::observe {

using topology::Condition;

namespace {

constexpr std::size_t proc_limit = 1U << 16;
constexpr std::size_t script_limit = 1U << 16;
constexpr std::size_t most_scripts = 400; // below one directory

using Names = std::vector<std::string>;

Names names_in(const KernelTree& tree, const std::string& directory)
{
    auto names = tree.list(directory).value_or(Names{});
    // Git does not keep empty directories, so a recording may have a file there to hold the place.
    std::erase_if(names, [](const std::string& name) { return name.starts_with('.'); });
    std::ranges::sort(names);
    return names;
}

void read_power_controls(const KernelTree& tree, Condition& condition)
{
    for (const auto& function : condition.functions) {
        if (!function.is_xhci()) continue;
        const auto file = "sys/bus/pci/devices/" + function.address.text() + "/power/control";
        if (auto control = attribute(tree, file); !control.empty())
            condition.power_controls.emplace_back(function.address, std::move(control));
    }
}

void read_kernel(const KernelTree& tree, Condition& condition)
{
    if (const auto line = tree.read("proc/cmdline", proc_limit)) {
        const auto kept = kept_part("proc/cmdline", *line);
        auto& kernel_words = condition.kernel_words.emplace();
        for (const auto word : words(trim(kept))) kernel_words.emplace_back(word);
    }
    if (const auto text = tree.read("proc/modules", proc_limit)) {
        const auto kept = kept_part("proc/modules", *text);
        for (const auto line : split(kept, '\n'))
            if (const auto all = words(line); !all.empty()) condition.modules.emplace_back(all.front());
    }
    condition.lockdown_told = tree.read("sys/kernel/security/lockdown", attribute_limit).has_value();
    condition.lockdown = lockdown_level(tree);
    condition.hypervisor = attribute(tree, "sys/hypervisor/type");
    condition.maker = attribute(tree, "sys/class/dmi/id/sys_vendor");
    condition.model = attribute(tree, "sys/class/dmi/id/product_name");
}

void read_iommu(const KernelTree& tree, Condition& condition)
{
    condition.iommu_units = !names_in(tree, "sys/class/iommu").empty();
    condition.iommu_groups = !names_in(tree, "sys/kernel/iommu_groups").empty();
    // The tables themselves are root's to read; that they are there is everybody's.
    if (const auto tables = tree.list("sys/firmware/acpi/tables"))
        condition.firmware_iommu = std::ranges::find(*tables, "DMAR") != tables->end() ||
                                   std::ranges::find(*tables, "IVRS") != tables->end();
    condition.vfio_driver = tree.list("sys/bus/pci/drivers/vfio-pci").has_value();
}

void read_script(const KernelTree& tree, const std::string& file, Condition& condition)
{
    const auto text = tree.read(file, script_limit);
    if (!text) return;
    const auto kept = kept_part(file, *text);
    for (const auto line : split(kept, '\n'))
        if (!trim(line).empty())
            condition.foreign_lines.push_back({.file = file, .line = std::string(trim(line))});
}

/// A directory and, as deep as said, those in it: libvirt's hooks are in qemu.d/GUEST/prepare/begin, drop-ins of units in
/// UNIT.service.d. What cannot be listed is read as a file.
void read_scripts_below(const KernelTree& tree, const std::string& directory, int depth, std::size_t& left,
                        Condition& condition)
{
    for (const auto& name : names_in(tree, directory)) {
        if (left == 0) return;
        --left;
        const auto path = directory + "/" + name;
        if (depth > 0 && !name.ends_with(".sh") && tree.list(path))
            read_scripts_below(tree, path, depth - 1, left, condition);
        else
            read_script(tree, path, condition);
    }
}

struct ScriptDirectory {
    const char* path;
    int depth = 0; ///< of directories in it
};

/// Where people put what runs at boot, at resume, at hot-plug or at a guest's start, on the distributions that have
/// one of these; and their own programs, which such a line calls.
void read_scripts(const KernelTree& tree, Condition& condition)
{
    constexpr std::array files{
        "etc/rc.local",     "etc/rc.d/rc.local",
        "etc/rc.conf",      "etc/crontab",
        "etc/anacrontab",   "etc/tlp.conf",
        "etc/inittab",      "boot/config/go", // Unraid's
        "etc/conf.d/local", "etc/nixos/configuration.nix",
    };
    constexpr std::array<ScriptDirectory, 41> directories{{
        {"etc/systemd/system", 1},
        {"etc/systemd/system-sleep"},
        {"etc/systemd/system-shutdown"},
        {"usr/lib/systemd/system-sleep"},
        {"lib/systemd/system-sleep"},
        {"usr/local/lib/systemd/system", 1},
        {"etc/elogind/system-sleep"},
        {"etc/tmpfiles.d"},
        {"etc/init.d"},
        {"etc/rc.d"},
        {"etc/rc.local.d"},
        {"etc/local.d"},
        {"etc/runit", 1},
        {"etc/sv", 1},
        {"etc/s6", 2},
        {"etc/pm/sleep.d"},
        {"etc/pm/power.d"},
        {"etc/acpi", 1},
        {"etc/apm", 1},
        {"etc/cron.d"},
        {"etc/cron.hourly"},
        {"etc/cron.daily"},
        {"var/spool/cron", 1},
        {"etc/udev/rules.d"},
        {"usr/local/lib/udev/rules.d"},
        {"etc/modprobe.d"},
        {"etc/libvirt/hooks", 4},
        {"usr/local/bin"},
        {"usr/local/sbin"},
        {"root"},
        {"etc/tlp.d"},
        {"etc/profile.d"},
        {"etc/X11/xinit", 1},
        {"etc/xdg/autostart"},
        {"etc/NetworkManager/dispatcher.d"},
        {"etc/initramfs-tools/scripts", 1},
        {"etc/initcpio", 1},
        {"etc/nixos"},
        {"var/lib/vz/snippets"},                         // Proxmox's hook scripts
        {"boot/config/plugins/user.scripts/scripts", 1}, // Unraid's
        {"usr/lib/pm-utils/sleep.d"},
    }};
    for (const auto* file : files) read_script(tree, file, condition);
    for (const auto& directory : directories) {
        auto left = most_scripts;
        read_scripts_below(tree, directory.path, directory.depth, left, condition);
    }
}

void read_services(const KernelTree& tree, Condition& condition)
{
    constexpr std::array links{
        "etc/systemd/system/multi-user.target.wants/powertop.service",
        "etc/systemd/system/multi-user.target.wants/tlp.service",
        "etc/systemd/system/multi-user.target.wants/usbguard.service",
        "etc/systemd/system/basic.target.wants/usbguard.service",
        "etc/runlevels/default/powertop",
        "etc/runlevels/default/tlp",
        "etc/runlevels/default/usbguard",
    };
    for (const auto* link : links)
        if (tree.link(link)) condition.services.emplace_back(link);
    // Its directory may be closed to everybody but root, and still exist.
    const auto usbguard = tree.list("etc/usbguard");
    if (usbguard || usbguard.error().value == EACCES) condition.usbguard = "etc/usbguard";
    for (const auto& service : condition.services)
        if (service.find("usbguard") != std::string::npos) condition.usbguard = service;
}

/// One file for each function that driverctl has been told a driver for (driverctl(8)).
void read_driverctl(const KernelTree& tree, Condition& condition)
{
    for (const auto& name : names_in(tree, "etc/driverctl.d"))
        if (const auto address = PciAddress::parse(name)) condition.driverctl.push_back(*address);
}

} // namespace

Condition look_at_condition(const KernelTree& tree)
{
    Condition condition;
    condition.functions = read_functions(tree);
    read_power_controls(tree, condition);
    read_kernel(tree, condition);
    read_iommu(tree, condition);
    read_scripts(tree, condition);
    read_services(tree, condition);
    read_driverctl(tree, condition);
    return condition;
}

} // namespace usbroute::observe
