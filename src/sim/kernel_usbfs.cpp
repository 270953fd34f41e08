// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What programs ask of usbfs. Names of the kernel's own functions are beside what follows them.

#include "base/format.hpp"
#include "sim/kernel.hpp"

#include <algorithm>
#include <cerrno>

namespace usbroute::sim {

using topology::PortPath;

namespace {

constexpr unsigned interfaces_of_a_node = 64; ///< bits of ifclaimed (devio.c, struct usb_dev_state)

} // namespace

std::pair<PortPath, PresentDevice*> Kernel::find(std::uint64_t device)
{
    for (auto& [place, present] : devices_)
        if (present.serial == device) return {place, &present};
    return {};
}

std::uint64_t Kernel::device_numbered(std::uint16_t bus, std::uint8_t number) const
{
    for (const auto& [place, present] : devices_)
        if (place.bus() == bus && present.number == number) return present.serial;
    return 0;
}

std::optional<std::uint8_t> Kernel::number_of(std::uint64_t device) const
{
    for (const auto& [place, present] : devices_)
        if (present.serial == device) return present.number;
    return std::nullopt;
}

std::string Kernel::place_of(std::uint64_t device) const
{
    for (const auto& [place, present] : devices_)
        if (present.serial == device) return place.text();
    return "gone";
}

/// usb_hub_claim_port (hub.c). Also a second claim by the same opener is refused.
CallResult Kernel::claim_port(std::uint64_t device, unsigned port, const Opener& opener)
{
    auto* hub = find(device).second;
    if (hub == nullptr) return {.error = ENODEV};
    if (port == 0 || !hub->carries() || port > hub->model->hub_ports) return {.error = EINVAL};
    const auto is_new = hub->claims.try_emplace(static_cast<std::uint8_t>(port), opener).second;
    return {.error = is_new ? 0 : EBUSY};
}

/// usb_hub_release_port (hub.c)
CallResult Kernel::release_port(std::uint64_t device, unsigned port, const Opener& opener)
{
    auto* hub = find(device).second;
    if (hub == nullptr) return {.error = ENODEV};
    if (port == 0 || !hub->carries() || port > hub->model->hub_ports) return {.error = EINVAL};
    const auto claim = hub->claims.find(static_cast<std::uint8_t>(port));
    if (claim == hub->claims.end() || claim->second != opener) return {.error = ENOENT};
    hub->claims.erase(claim);
    return {};
}

/// proc_setconfig (devio.c)
CallResult Kernel::set_configuration(std::uint64_t device, int value)
{
    const auto [place, present] = find(device);
    if (present == nullptr) return {.error = ENODEV};
    const auto is_used =
        std::ranges::any_of(present->interfaces, [](const auto& each) { return !each.driver.empty(); });
    if (present->is_configured && is_used) return {.error = EBUSY};
    const bool is_off = value == 0 || value == -1;
    if (!is_off && value != present->configuration) return {.error = EINVAL};
    if (is_off && present->is_configured) unconfigure(place, *present);
    if (is_off || present->is_configured) return {};
    if (!configure(place, *present) || !show_disks(*present)) return {.error = EIO};
    return {};
}

/// checkintf and claimintf (devio.c)
CallResult Kernel::claim_interface(std::uint64_t device, unsigned number, const Opener& opener)
{
    auto* present = find(device).second;
    if (present == nullptr) return {.error = ENODEV};
    if (number >= interfaces_of_a_node) return {.error = EINVAL};
    if (!present->is_configured) return {.error = EHOSTUNREACH};
    auto* interface = present->interface_numbered(number);
    if (interface == nullptr) return {.error = ENOENT};
    if (interface->driver == "usbfs" && interface->user == opener) return {};
    if (!interface->driver.empty()) return {.error = EBUSY};
    if (!link_driver(*interface, "usbfs")) return {.error = EIO}; // usbfs tells nobody
    interface->user = opener;
    return {};
}

/// releaseintf (devio.c)
CallResult Kernel::release_interface(std::uint64_t device, unsigned number, const Opener& opener)
{
    const auto [place, present] = find(device);
    if (present == nullptr) return {.error = ENODEV};
    auto* interface = present->interface_numbered(number);
    if (number >= interfaces_of_a_node) return {.error = EINVAL};
    if (interface == nullptr) return {.error = ENOENT};
    if (interface->driver != "usbfs" || interface->user != opener) return {.error = EINVAL};
    let_go(place, *present, *interface);
    return {};
}

/// proc_ioctl (devio.c)
CallResult Kernel::detach_driver(std::uint64_t device, unsigned number)
{
    const auto [place, present] = find(device);
    if (present == nullptr) return {.error = ENODEV};
    if (!present->is_configured) return {.error = EHOSTUNREACH};
    auto* interface = present->interface_numbered(number);
    if (interface == nullptr) return {.error = EINVAL};
    if (interface->driver.empty()) return {.error = ENODATA};
    let_go(place, *present, *interface);
    return {};
}

/// proc_ioctl and device_attach (drivers/base/dd.c): a claimed port makes every probe fail (driver.c, usb_probe_interface).
CallResult Kernel::attach_driver(std::uint64_t device, unsigned number)
{
    const auto [place, present] = find(device);
    if (present == nullptr) return {.error = ENODEV};
    if (!present->is_configured) return {.error = EHOSTUNREACH};
    auto* interface = present->interface_numbered(number);
    if (interface == nullptr) return {.error = EINVAL};
    if (!interface->driver.empty()) return {.error = EBUSY};
    if (interface->native.empty() || is_claimed(place)) return {};
    if (!bind_host_driver(place, *present, *interface) || !show_disks(*present)) return {.error = EIO};
    return {.value = 1};
}

/// proc_getdriver (devio.c)
std::expected<std::string, int> Kernel::driver_of(std::uint64_t device, unsigned number)
{
    auto* present = find(device).second;
    if (present == nullptr) return std::unexpected(ENODEV);
    const auto* interface = present->interface_numbered(number);
    if (interface == nullptr || interface->driver.empty()) return std::unexpected(ENODATA);
    return interface->driver;
}

/// usbdev_release (devio.c): nobody asks the host's drivers back.
void Kernel::close(std::uint64_t device, const Opener& opener)
{
    const auto [place, present] = find(device);
    if (present == nullptr) return;
    std::erase_if(present->claims, [&opener](const auto& claim) { return claim.second == opener; });
    for (auto& interface : present->interfaces)
        if (interface.driver == "usbfs" && interface.user == opener) let_go(place, *present, interface);
}

void Kernel::probe(std::string_view interface_name)
{
    for (auto& [place, device] : devices_)
        for (const auto& interface : device.interfaces)
            if (interface.node.name() == interface_name) {
                (void)attach_driver(device.serial, interface.number);
                return;
            }
}

std::vector<PortPath> Kernel::resume()
{
    std::vector<PortPath> lost;
    for (auto& [place, device] : devices_) {
        if (device.taken() == nullptr) continue;
        lost.push_back(place);
        // Its power files go and come back with the reset that wakes it.
        if (device.can_wake())
            for (int i = 0; i < 2; ++i) events_.send("change", device.node);
        for (auto& interface : device.interfaces) {
            if (interface.driver != "usbfs") continue;
            let_go(place, device, interface);
            (void)attach_driver(device.serial, interface.number);
        }
    }
    return lost;
}

} // namespace usbroute::sim
