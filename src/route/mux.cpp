// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "route/mux.hpp"

#include <algorithm>
#include <variant>

namespace usbroute::route {

using topology::Controller;
using topology::ControllerKind;
using topology::Device;
using topology::PciController;
using topology::Snapshot;

namespace {

/// Every EHCI of these chipsets has 2 root ports, 3 with USB-R, and Intel's rate matching hub on the first.
constexpr std::uint8_t most_root_ports_beside_a_rate_matching_hub = 3;

} // namespace

bool has_rate_matching_hub(const Controller& ehci)
{
    return ehci.buses.empty() || ehci.buses.front().ports <= most_root_ports_beside_a_rate_matching_hub;
}

bool is_rate_matching_hub(const Mux& mux, const Device& device)
{
    return device.is_hub() && device.path.ports() == std::vector<std::uint8_t>{1} &&
           std::ranges::any_of(mux.ehcis, [&](const PciController* ehci) {
               return ehci != nullptr && ehci->has_bus(device.path.bus());
           });
}

const PciController* Mux::ehci(std::uint8_t number) const
{
    return number >= 1 && number <= ehcis.size() ? ehcis[number - 1u] : nullptr;
}

std::uint32_t Mux::movable_bits() const
{
    return bits == nullptr ? 0 : bits->usb2_movable & family->usb2_bits();
}

std::uint32_t Mux::movable_superspeed_bits() const
{
    return bits == nullptr ? 0 : bits->superspeed_movable & family->superspeed_bits;
}

std::optional<Mux> find_mux(const Snapshot& snapshot)
{
    for (const auto& controller : snapshot.controllers) {
        if (controller.kind != ControllerKind::xhci) continue;
        const auto* family = chips::family_of(controller.vendor, controller.device);
        if (family == nullptr) continue;

        Mux mux{.xhci = controller,
                .family = *family,
                .ehcis = {},
                .bits = std::get_if<chips::RouteBits>(&snapshot.registers_of(controller.address))};
        for (const auto& function : family->ehcis) {
            const auto found = std::ranges::find_if(snapshot.controllers, [&](const Controller& c) {
                return c.kind == ControllerKind::ehci && c.vendor == chips::intel_vendor &&
                       c.device == function.device_id;
            });
            mux.ehcis.push_back(found == snapshot.controllers.end() ? nullptr : &*found);
        }
        return mux;
    }
    return std::nullopt;
}

} // namespace usbroute::route
