// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What a board is when it starts: the copy of its recording, taken over and made complete.

#include "base/format.hpp"
#include "base/text.hpp"
#include "sim/kernel.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::sim {

namespace {

constexpr std::array<std::string_view, 4> guest_and_stub_drivers{"vfio-pci", "pci-stub", "xhci_hcd",
                                                                 "ehci-pci"};
constexpr std::array<std::string_view, 9> usb_drivers{
    "usb", "hub", "usbhid", "usb-storage", "snd-usb-audio", "xpad", "ftdi_sio", "uvcvideo", "usbfs"};

/// What programs ask for. Where it is missing they would ask the real machine, or find nothing to write to.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> needed_files{{
    {"sys/bus/pci/rescan", ""},
    {"sys/bus/pci/drivers_probe", ""},
    {"sys/bus/pci/drivers_autoprobe", "1\n"},
    {"sys/bus/pci/devices/", ""},
    {"sys/bus/usb/drivers_probe", ""},
    {"sys/bus/usb/drivers_autoprobe", "1\n"},
    {"sys/bus/usb/devices/", ""},
    {"proc/cmdline", "\n"},
    {"proc/version", "Linux version 0 (usbroute-sim)\n"},
    {"proc/modules", ""},
    {"proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"},
    {"proc/self/", ""},
    {"run/udev/data/", ""},
}};

Result<void> write_missing(const FileTree& tree, std::string_view path, std::string_view content)
{
    return tree.has(path) ? Result<void>() : tree.write(path, content);
}

Result<void> write_driver(const FileTree& tree, std::string_view bus, std::string_view driver)
{
    for (const auto name : {"bind", "unbind", "new_id", "remove_id"})
        if (auto done = write_missing(tree, format("sys/bus/{}/drivers/{}/{}", bus, driver, name), ""); !done)
            return done;
    return {};
}

/// Root hubs and what is part of the board, as far as a driver ran the controller when it was recorded.
std::vector<const DeviceModel*> recorded_models(const BoardController& controller)
{
    std::vector<const DeviceModel*> models;
    if (controller.usb2_bus != 0) models.push_back(&controller.usb2_hub);
    if (controller.superspeed_bus != 0) models.push_back(&*controller.superspeed_hub);
    for (const auto& fixed : controller.fixed)
        if (fixed.model.recorded) models.push_back(&fixed.model);
    return models;
}

} // namespace

Result<void> Kernel::complete(const Board& board) const
{
    for (const auto& [path, content] : needed_files)
        if (auto done = write_missing(tree_, path, content); !done) return done;
    for (const auto driver : guest_and_stub_drivers)
        if (auto done = write_driver(tree_, "pci", driver); !done) return done;
    for (const auto driver : usb_drivers)
        if (auto done = write_driver(tree_, "usb", driver); !done) return done;
    for (const auto& controller : board.controllers) {
        if (!controller.function) continue;
        const auto directory = "sys/" + controller.directory;
        if (auto done = write_driver(tree_, "pci", controller.function->driver); !done) return done;
        if (auto done = tree_.write(directory + "/config", controller.function->config); !done) return done;
        for (const auto& [name, content] : {std::pair{"remove", ""}, {"driver_override", "(null)\n"}})
            if (auto done = write_missing(tree_, format("{}/{}", directory, name), content); !done)
                return done;
    }
    return {};
}

Result<void> Kernel::take_over(const DeviceModel& model)
{
    const auto& recorded = *model.recorded;
    auto& bus = buses_[recorded.place.bus()];
    if (recorded.place.is_root_hub()) {
        bus.directory = recorded.directory;
        bus.superspeed = recorded.superspeed;
    }
    bus.next_number = std::max(bus.next_number,
                               static_cast<std::uint8_t>(recorded.number == 127 ? 1 : recorded.number + 1));
    auto device = present_device(model, recorded.nodes);
    device.serial = next_serial_++;
    device.number = recorded.number;
    device.is_configured = !device.interfaces.empty();
    for (auto& interface : device.interfaces) interface.shown = interface.made;
    if (auto done = show_node(device, recorded.place.bus()); !done) return done;
    devices_.insert_or_assign(recorded.place, std::move(device));
    return {};
}

Result<void> Kernel::boot(const Board& board)
{
    if (auto done = complete(board); !done) return done;
    for (const auto& controller : board.controllers) {
        if (controller.function)
            functions_.insert_or_assign(controller.function->address, controller.function->node);
        for (const auto* model : recorded_models(controller))
            if (auto done = take_over(*model); !done) return done;
    }
    for (const auto& model : board.models)
        if (auto done = take_over(model); !done) return done;
    disk_letters_.insert(board.disks.begin(), board.disks.end());
    next_host_ = board.next_host;
    next_input_ = board.next_input;
    return {};
}

} // namespace usbroute::sim
