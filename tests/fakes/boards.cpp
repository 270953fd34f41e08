// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"

#include "base/check.hpp"
#include "config/parse.hpp"
#include "linux/files.hpp"
#include "linux/settings_files.hpp"
#include "observe/scan.hpp"

#include <algorithm>
#include <array>

namespace usbroute::fakes {

using topology::Bus;
using topology::ControllerKind;
using topology::Device;
using topology::PciController;
using topology::Snapshot;
using topology::Speed;

namespace {

PciController intel(std::string_view address, std::uint16_t id, ControllerKind kind, std::string driver,
                    std::vector<Bus> buses)
{
    PciController controller;
    controller.address = *PciAddress::parse(address);
    controller.name = controller.address.text();
    controller.syspath = "sys/devices/pci0000:00/" + controller.name;
    controller.vendor = 0x8086;
    controller.device = id;
    controller.kind = kind;
    controller.driver = std::move(driver);
    controller.buses = std::move(buses);
    return controller;
}

} // namespace

Snapshot z97()
{
    constexpr Speed high{480'000};
    constexpr Speed super{5'000'000};
    Snapshot snapshot;
    snapshot.controllers = {
        intel("0000:00:14.0", 0x8cb1, ControllerKind::xhci, "xhci_hcd", {{3, high, 14}, {4, super, 6}}),
        intel("0000:00:1a.0", 0x8cad, ControllerKind::ehci, "ehci-pci", {{1, high, 2}}),
        intel("0000:00:1d.0", 0x8ca6, ControllerKind::ehci, "ehci-pci", {{2, high, 2}}),
    };
    snapshot.note_registers(
        snapshot.controllers.front().address,
        chips::RouteBits{
            .usb2_owner = 0x3fff, .usb2_movable = 0x3fff, .superspeed_on = 0x3f, .superspeed_movable = 0x3f});
    return snapshot;
}

void add_usbip(Snapshot& snapshot)
{
    topology::Controller controller;
    controller.name = "vhci_hcd.0";
    controller.syspath = "sys/devices/platform/vhci_hcd.0";
    controller.driver = "vhci_hcd";
    controller.buses = {{5, Speed{480'000}, 8}, {6, Speed{5'000'000}, 8}};
    snapshot.off_pci.push_back(std::move(controller));
}

Device& plug(Snapshot& snapshot, std::string_view place, std::string name)
{
    auto device = std::make_shared<Device>();
    device->path = *topology::PortPath::parse(place);
    device->vendor = 0x1234;
    device->product = 0x5678;
    device->product_name = std::move(name);
    device->speed = {480'000};
    auto& plugged = *device;
    auto devices = snapshot.devices.flat();
    devices.push_back(std::move(device));
    snapshot.devices = in_order(std::move(devices));
    return plugged;
}

void plug_keyboard(Snapshot& snapshot, std::string_view place)
{
    plug(snapshot, place, "Keyboard")
        .interfaces.push_back(
            {.number = 0, .device_class = 3, .subclass = 1, .protocol = 1, .driver = "usbhid"});
}

void plug_disk(Snapshot& snapshot, std::string_view place, std::string disk)
{
    plug(snapshot, place, "Flash Disk");
    const auto path = *topology::PortPath::parse(place);
    const int minor = (disk.back() - 'a') * 16;
    const auto number = [](int n) { return "8:" + std::to_string(n); };
    snapshot.blocks.push_back({.name = disk, .number = number(minor), .whole_disk = disk, .usb = path});
    snapshot.blocks.push_back(
        {.name = disk + "1", .number = number(minor + 1), .whole_disk = disk, .usb = path});
}

PciController& controller(Snapshot& snapshot, std::string_view address)
{
    return *std::ranges::find(snapshot.controllers.edit(), *PciAddress::parse(address),
                              &PciController::address);
}

chips::RouteBits& bits(Snapshot& snapshot)
{
    const auto xhci = *PciAddress::parse("00:14.0");
    return std::get<chips::RouteBits>(
        std::ranges::find(snapshot.registers, xhci, &topology::HeldRegisters::controller)->look);
}

config::Settings settings()
{
    constexpr std::string_view text = R"(
[connector.front]
mux_bit = 0
superspeed = 1
[connector.keys]
mux_bit = 2
[connector.rear]
mux_bit = 9
[guest.windows]
controllers = ["0000:00:1d.0", "0000:00:1a.0"]
when_off = "stay"
[profile.all-host]
[profile.on-ehci]
ehci = ["keys"]
[profile.desk]
windows = ["keys", "rear"]
[toggle]
profiles = ["all-host", "on-ehci"]
)";
    const std::array files{config::SourceText{.name = "test.toml", .text = std::string(text)}};
    auto parsed = config::parse(files);
    USBROUTE_CHECK(parsed.has_value());
    return std::move(*parsed);
}

std::string machine_root(const std::string& name)
{
    return std::string(USBROUTE_MACHINES) + "/" + name + "/";
}

Machine recorded(const std::string& name)
{
    const auto where = linux_::locate({.root = machine_root(name), .config = {}, .socket = {}});
    const linux_::LiveTree tree(where.root);
    auto settings = linux_::load_settings(where, linux_::Purpose::to_look);
    if (!settings) bug(settings.error().message().c_str(), name.c_str(), 0);
    return {observe::scan(tree), std::move(*settings), observe::look_at_host_use(tree)};
}

} // namespace usbroute::fakes
