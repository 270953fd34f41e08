// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/snapshot.hpp"

#include "base/format.hpp"
#include "base/result.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::topology {

std::optional<PortPath> PortPath::parse(std::string_view text)
{
    if (text.starts_with("usb")) {
        const auto bus = parse_decimal(text.substr(3));
        if (!bus || *bus == 0 || *bus > 0xffff) return std::nullopt;
        return PortPath(static_cast<std::uint16_t>(*bus), {});
    }
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto bus = parse_decimal(text.substr(0, dash));
    if (!bus || *bus == 0 || *bus > 0xffff) return std::nullopt;
    std::vector<std::uint8_t> ports;
    for (const auto part : split(text.substr(dash + 1), '.')) {
        const auto port = parse_decimal(part);
        // A hub has at most 255 ports, and USB allows seven tiers: USB 2.0, 4.1.1 and 11.24.2.1.
        if (!port || *port == 0 || *port > 255 || ports.size() == 7) return std::nullopt;
        ports.push_back(static_cast<std::uint8_t>(*port));
    }
    return PortPath(static_cast<std::uint16_t>(*bus), std::move(ports));
}

std::string PortPath::text() const
{
    if (ports_.empty()) return format("usb{}", bus_);
    std::string text = format("{}-{}", bus_, ports_.front());
    for (std::size_t i = 1; i < ports_.size(); ++i) text += format(".{}", ports_[i]);
    return text;
}

PortPath PortPath::child(std::uint8_t port) const
{
    auto ports = ports_;
    ports.push_back(port);
    return {bus_, std::move(ports)};
}

bool PortPath::contains(const PortPath& place) const
{
    return bus_ == place.bus_ && place.ports_.size() >= ports_.size() &&
           std::equal(ports_.begin(), ports_.end(), place.ports_.begin());
}

Speed Speed::parse(std::string_view attribute)
{
    attribute = trim(attribute);
    if (attribute == "1.5") return {1500};
    const auto megabit = parse_decimal(attribute);
    if (!megabit || *megabit > 4'000'000) return {};
    return {*megabit * 1000};
}

bool Device::is_keyboard() const { return std::ranges::any_of(interfaces, &Interface::is_boot_keyboard); }

std::string Device::shown() const
{
    std::string name(trim(product_name));
    const auto maker = trim(manufacturer);
    if (!maker.empty() && !name.starts_with(maker)) name = format("{} {}", maker, name);
    name = printable(trim(name), 48);
    return name.empty() ? format("{:04x}:{:04x}", vendor, product)
                        : format("{} ({:04x}:{:04x})", name, vendor, product);
}

std::string_view text_of(ControllerKind kind)
{
    switch (kind) {
    case ControllerKind::uhci: return "UHCI";
    case ControllerKind::ohci: return "OHCI";
    case ControllerKind::ehci: return "EHCI";
    case ControllerKind::xhci: return "xHCI";
    case ControllerKind::other: return "USB";
    }
    return "USB";
}

const Bus* Controller::usb2_bus() const
{
    const auto found = std::ranges::find_if(buses, [](const Bus& bus) { return !bus.speed.is_superspeed(); });
    return found == buses.end() ? nullptr : &*found;
}

const Bus* Controller::superspeed_bus() const
{
    const auto found = std::ranges::find_if(buses, [](const Bus& bus) { return bus.speed.is_superspeed(); });
    return found == buses.end() ? nullptr : &*found;
}

bool Controller::has_bus(std::uint16_t number) const
{
    return std::ranges::find(buses, number, &Bus::number) != buses.end();
}

Hold hold_of(std::string_view driver)
{
    if (driver.empty()) return Hold::nobody;
    if (driver == "vfio-pci") return Hold::guest;
    // drivers/pci/pci-stub.c, drivers/xen/xen-pciback, drivers/uio, and DPDK's own igb_uio.
    constexpr std::array<std::string_view, 4> stubs{"pci-stub", "pciback", "xen-pciback", "igb_uio"};
    const bool is_stub = std::ranges::find(stubs, driver) != stubs.end() || driver.starts_with("uio");
    return is_stub ? Hold::stub : Hold::host;
}

std::vector<const Controller*> Snapshot::all_controllers() const
{
    std::vector<const Controller*> all;
    for (const auto& controller : controllers) all.push_back(&controller);
    for (const auto& controller : off_pci) all.push_back(&controller);
    return all;
}

const Controller* Snapshot::controller_of_bus(std::uint16_t bus) const
{
    if (const auto* found = pci_controller_of_bus(bus)) return found;
    const auto found = std::ranges::find_if(off_pci, [bus](const Controller& c) { return c.has_bus(bus); });
    return found == off_pci.end() ? nullptr : &*found;
}

const PciController* Snapshot::pci_controller_of_bus(std::uint16_t bus) const
{
    const auto found =
        std::ranges::find_if(controllers, [bus](const Controller& c) { return c.has_bus(bus); });
    return found == controllers.end() ? nullptr : &*found;
}

const PciController* Snapshot::controller_at(const PciAddress& address) const
{
    const auto found = std::ranges::find(controllers, address, &PciController::address);
    return found == controllers.end() ? nullptr : &*found;
}

const RegisterLook& Snapshot::registers_of(const PciAddress& controller) const
{
    static const RegisterLook not_asked;
    const auto found = std::ranges::find(registers, controller, &HeldRegisters::controller);
    return found == registers.end() ? not_asked : found->look;
}

void Snapshot::note_registers(const PciAddress& controller, RegisterLook look)
{
    const auto found = std::ranges::find(registers, controller, &HeldRegisters::controller);
    if (found == registers.end())
        registers.push_back({.controller = controller, .look = look});
    else
        found->look = look;
}

Snapshot Snapshot::with_registers(const PciAddress& controller, RegisterLook look) const
{
    auto snapshot = *this;
    snapshot.note_registers(controller, look);
    return snapshot;
}

namespace {

template <class Item> ByBus<Item> sorted(std::vector<Item> items)
{
    const auto path = [](const Item& item) -> const PortPath& { return path_of(item); };
    std::ranges::sort(items, {}, path);
    return {std::move(items), [](const Item& item) { return path_of(item).bus(); }};
}

auto first_at_or_after(const std::vector<SharedDevice>& devices, const PortPath& path)
{
    return std::ranges::lower_bound(
        devices, path, {}, [](const SharedDevice& device) -> const PortPath& { return device->path; });
}

} // namespace

ByBus<SharedDevice> in_order(std::vector<SharedDevice> devices) { return sorted(std::move(devices)); }
ByBus<SharedHub> in_order(std::vector<SharedHub> hubs) { return sorted(std::move(hubs)); }

Snapshot Snapshot::with_assigned(std::vector<Placed> places) const
{
    auto other = *this;
    other.assigned = std::move(places);
    return other;
}

const Device* Snapshot::device_at(const PortPath& path) const
{
    const auto& on_bus = devices.on(path.bus());
    const auto found = first_at_or_after(on_bus, path);
    return found != on_bus.end() && (*found)->path == path ? found->get() : nullptr;
}

std::vector<const Device*> Snapshot::devices_below(const PortPath& place) const
{
    const auto& on_bus = devices.on(place.bus());
    std::vector<const Device*> found;
    for (auto it = first_at_or_after(on_bus, place); it != on_bus.end() && place.contains((*it)->path); ++it)
        found.push_back(it->get());
    return found;
}

} // namespace usbroute::topology
