// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/ownership.hpp"

#include <algorithm>
#include <array>

namespace usbroute::plan {

using topology::Connector;
using topology::Controller;
using topology::PciController;
using topology::SeatId;
using topology::Side;

const config::GuestSettings* claimant(const PciController& controller, const config::Settings& settings)
{
    const auto found = std::ranges::find_if(settings.guests, [&](const config::GuestSettings& guest) {
        const auto has = [&](const std::vector<PciAddress>& some) {
            return std::ranges::find(some, controller.address) != some.end();
        };
        return has(guest.controllers) || has(guest.on_move);
    });
    return found == settings.guests.end() ? nullptr : &*found;
}

std::string text_of(const Owner& owner)
{
    if (const auto* guest = std::get_if<OwnedByGuest>(&owner)) return guest->guest.text();
    constexpr std::array<const char*, 5> words{"host", "", "unknown-guest", "nobody", "unknown"};
    return words[owner.index()];
}

bool is_host(const Owner& owner) { return std::holds_alternative<OwnedByHost>(owner); }

bool is_given_to_guest(const Controller& controller) { return controller.hold() == topology::Hold::guest; }

Owner owner_of(const PciController* controller, const config::Settings& settings)
{
    if (controller == nullptr) return OwnedByNobody{};
    switch (controller->hold()) {
    case topology::Hold::host: return OwnedByHost{};
    case topology::Hold::guest: break;
    case topology::Hold::nobody:
    case topology::Hold::stub: return OwnedByNobody{};
    }
    if (const auto* guest = claimant(*controller, settings)) return OwnedByGuest{guest->name};
    return OwnedByStranger{};
}

Owner owner_of_off_pci(const Controller& controller)
{
    if (controller.driver.empty()) return OwnedByNobody{};
    return OwnedByHost{};
}

Owner owner_now(const Connector& connector, const config::Settings& settings)
{
    if (!connector.at) return OwnerUnknown{};
    const auto* own = connector.whole_for ? connector.controller_at(topology::OwnController{}) : nullptr;
    if (own != nullptr && is_given_to_guest(*own)) return OwnedByGuest{*connector.whole_for};
    return owner_at(connector, *connector.at, settings);
}

Owner owner_at(const Connector& connector, const SeatId& seat, const config::Settings& settings)
{
    if (const auto* guest = std::get_if<GuestName>(&seat)) return OwnedByGuest{*guest};
    if (std::holds_alternative<topology::Parked>(seat)) return OwnedByNobody{};
    // Nobody has a hub that is not plugged in; what its sockets are for stays said.
    if (!connector.missing.empty()) return OwnedByHost{};
    // Who is at its own seat has the controller back.
    const auto* own = connector.whole_for ? connector.controller_at(seat) : nullptr;
    if (own != nullptr && is_given_to_guest(*own)) return OwnedByHost{};
    return owner_of(connector.controller_at(seat), settings);
}

std::optional<SeatId> home_seat(const Connector& connector, const config::Settings& settings)
{
    const auto* xhci = connector.controller_at(Side::xhci);
    const bool xhci_is_a_guests = xhci != nullptr && claimant(*xhci, settings) != nullptr;
    const auto order =
        xhci_is_a_guests ? std::array{Side::ehci, Side::xhci} : std::array{Side::xhci, Side::ehci};
    for (const auto side : order) {
        const auto* controller = connector.controller_at(side);
        if (controller != nullptr && controller->is_driven_by_host()) return side;
    }
    return std::nullopt;
}

} // namespace usbroute::plan
