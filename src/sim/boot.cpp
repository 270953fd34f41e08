// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What the kernel shows of a machine whatever is plugged into it.

#include "base/format.hpp"
#include "sim/kernel.hpp"

#include <array>
#include <utility>

namespace usbroute::sim {

namespace {

constexpr std::array<std::string_view, 13> pci_drivers{
    "hsw_uncore", "i915", "xhci_hcd",   "mei_me",   "e1000e",   "ehci-pci", "snd_hda_intel",
    "lpc_ich",    "ahci", "i801_smbus", "vfio-pci", "pci-stub", "pcieport"};
constexpr std::array<std::string_view, 9> usb_drivers{
    "usb", "hub", "usbhid", "usb-storage", "snd-usb-audio", "xpad", "ftdi_sio", "uvcvideo", "usbfs"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 23> files{{
    {"sys/bus/pci/rescan", ""},
    {"sys/bus/pci/drivers_probe", ""},
    {"sys/bus/pci/drivers_autoprobe", "1\n"},
    {"sys/bus/usb/drivers_probe", ""},
    {"sys/bus/usb/drivers_autoprobe", "1\n"},
    {"sys/bus/usb/devices/", ""},
    {"sys/bus/scsi/drivers/sd/", ""},
    {"sys/class/dmi/id/board_vendor", "ASRock\n"},
    {"sys/class/dmi/id/board_name", "Z97E-ITX/ac\n"},
    {"sys/class/dmi/id/sys_vendor", "To Be Filled By O.E.M.\n"},
    {"sys/class/dmi/id/product_name", "To Be Filled By O.E.M.\n"},
    {"sys/class/dmi/id/bios_version", "P2.20\n"},
    {"sys/devices/virtual/iommu/dmar0/intel-iommu/version", "1:0\n"},
    {"sys/kernel/security/lockdown", "[none] integrity confidentiality\n"},
    {"sys/module/ehci_pci/initstate", "live\n"},
    {"sys/module/xhci_pci/initstate", "live\n"},
    {"sys/module/vfio_pci/initstate", "live\n"},
    {"sys/power/state", "freeze mem disk\n"},
    {"proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz root=/dev/sda2 ro intel_iommu=on iommu=pt\n"},
    {"proc/version", "Linux version 6.1.0 (usbroute-sim) #1 SMP PREEMPT_DYNAMIC\n"},
    {"proc/modules", "vfio_pci 16384 0 - Live 0x0000000000000000\n"
                     "xhci_pci 24576 0 - Live 0x0000000000000000\n"
                     "ehci_pci 20480 0 - Live 0x0000000000000000\n"},
    {"proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"},
    {"run/udev/data/", ""},
}};

Result<void> write_drivers(const FileTree& tree, std::string_view bus,
                           std::span<const std::string_view> drivers)
{
    for (const auto driver : drivers)
        for (const auto name : {"bind", "unbind", "new_id", "remove_id"})
            if (auto done = tree.write(format("sys/bus/{}/drivers/{}/{}", bus, driver, name), ""); !done)
                return done;
    return {};
}

} // namespace

Result<void> Kernel::boot()
{
    for (const auto& [path, content] : files)
        if (auto done = tree_.write(path, content); !done) return done;
    if (auto done = write_drivers(tree_, "pci", pci_drivers); !done) return done;
    if (auto done = write_drivers(tree_, "usb", usb_drivers); !done) return done;
    if (auto done = tree_.link("sys/class/iommu/dmar0", "sys/devices/virtual/iommu/dmar0"); !done)
        return done;

    for (const auto& function : pci_functions()) {
        if (auto done = add_function(function, config_space(function)); !done) return done;
        if (auto done = bind_driver(function.address, function.driver); !done) return done;
        if (function.class_code != 0x010601) continue;
        for (const auto& node : boot_disk_nodes(directory_of(function.address)))
            if (auto done = show(node); !done) return done;
    }
    return {};
}

} // namespace usbroute::sim
