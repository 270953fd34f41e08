// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/reach.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/board.hpp"
#include "plan/handover.hpp"
#include "plan/plan.hpp"
#include "route/mux.hpp"

#include <algorithm>

namespace usbroute::plan {

using config::GuestSettings;
using config::ProfileSettings;
using config::Settings;
using topology::Connector;
using topology::PciController;
using topology::Side;
using topology::Snapshot;

namespace {

/// What no driver, plug or yes can change. A controller that firmware hides has a finding of its own.
bool is_for_good(Reason reason)
{
    switch (reason) {
    case Reason::no_such_connector:
    case Reason::no_such_guest:
    case Reason::connector_without_bit:
    case Reason::no_such_bit:
    case Reason::no_such_superspeed_port:
    case Reason::bit_not_movable:
    case Reason::no_twin:
    case Reason::not_the_guests_controller: return true;
    default: return false;
    }
}

Outcome applied(const Snapshot& snapshot, const Settings& settings, const ProfileSettings& profile)
{
    const topology::HostUse nothing_in_use;
    return make_plan({.snapshot = snapshot,
                      .settings = settings,
                      .use = nothing_in_use,
                      .last_change = {},
                      .standing = {}},
                     {.wish = ApplyRequest{profile.name}, .yes = true, .force_disks = {}});
}

void add_profile(std::vector<OutOfReach>& found, const Snapshot& now, const Snapshot& bound,
                 const Settings& settings, const ProfileSettings& profile)
{
    const auto outcome = applied(bound, settings, profile);
    const auto* refusal = std::get_if<Refusal>(&outcome);
    if (refusal == nullptr || !is_for_good(refusal->reason)) return;
    const bool works_now = std::holds_alternative<Plan>(applied(now, settings, profile));
    const auto* how = works_now ? "it cannot be applied once the guests have their controllers"
                      : refusal->reason == Reason::bit_not_movable
                          ? "it cannot be applied as firmware is set up"
                          : "it can never be applied";
    found.push_back({.origin = profile.origin,
                     .subject = "profile " + profile.name.text(),
                     .sentence = format("{}: {}", how, refusal->sentence)});
}

const PciController* ehci_of(const Connector& connector) { return connector.controller_at(Side::ehci); }

bool is_of_the_mux(const route::Mux& mux, const PciAddress& address)
{
    return std::ranges::any_of(
        mux.ehcis, [&](const PciController* ehci) { return ehci != nullptr && ehci->address == address; });
}

bool is_named(const Board& board, const Connector* connector)
{
    return connector < board.connectors.data() + board.configured;
}

bool is_in_a_profile(const Settings& settings, const GuestName& guest)
{
    return std::ranges::any_of(settings.profiles, [&](const ProfileSettings& profile) {
        return std::ranges::any_of(profile.entries, [&](const config::ProfileEntry& entry) {
            const auto* to = std::get_if<GuestName>(&entry.target);
            return to != nullptr && *to == guest;
        });
    });
}

/// What reaches a guest's EHCIs of the mux, by name.
struct Reaching {
    std::vector<std::string> controllers;
    std::vector<std::string> fixed; ///< wired to one of them for good, without the mux
    bool by_name = false;           ///< a socket of the mux that has a name
    bool by_bit = false;            ///< one that has none
};

Reaching what_reaches(const Board& board, const GuestSettings& guest)
{
    Reaching reaching;
    for (const auto& address : guest.controllers) {
        if (!is_of_the_mux(*board.mux, address)) continue;
        reaching.controllers.push_back(address.text());
        for (const auto* connector : connectors_within_reach(board, address)) {
            const bool named = is_named(board, connector);
            if (!connector->spec.bit && !connector->behind)
                reaching.fixed.push_back(connector->spec.name.text());
            if (!connector->spec.bit) continue;
            reaching.by_name = reaching.by_name || named;
            reaching.by_bit = reaching.by_bit || !named;
        }
    }
    return reaching;
}

void add_guest(std::vector<OutOfReach>& found, const Board& board, const Settings& settings,
               const GuestSettings& guest)
{
    const auto& xhci = board.mux->xhci->address;
    if (std::ranges::find(guest.controllers, xhci) != guest.controllers.end()) return;
    const auto reaching = what_reaches(board, guest);
    if (reaching.controllers.empty() || reaching.by_name) return;
    if (reaching.by_bit && board.configured == 0) return; // nothing has a name yet
    // Given for the sake of what is fixed to it.
    if (!reaching.fixed.empty() && !is_in_a_profile(settings, guest.name)) return;
    const auto names = join(reaching.controllers, " or ");
    auto sentence = reaching.by_bit ? format("no socket that has a name reaches {} through the mux", names)
                                    : format("no socket of this machine reaches {} through the mux", names);
    if (!reaching.fixed.empty()) sentence += format(" (fixed to it: {})", join(reaching.fixed, ", "));
    found.push_back(
        {.origin = guest.origin, .subject = "guest " + guest.name.text(), .sentence = std::move(sentence)});
}

/// Where the registers cannot be read, firmware may let every bit of the chip move: then only the chip's own limits count.
Snapshot with_registers(const Snapshot& snapshot)
{
    const auto mux = route::find_mux(snapshot);
    if (!mux || mux->bits != nullptr) return snapshot;
    const auto& family = *mux->family;
    return snapshot.with_registers(mux->xhci->address,
                                   chips::RouteBits{.usb2_owner = family.usb2_bits(),
                                                    .usb2_movable = family.usb2_bits(),
                                                    .superspeed_on = family.superspeed_bits,
                                                    .superspeed_movable = family.superspeed_bits});
}

} // namespace

Snapshot as_if_bound(const Snapshot& snapshot, const Settings& settings)
{
    auto bound = snapshot;
    auto& controllers = bound.controllers.edit();
    for (const auto& guest : settings.guests)
        for (const auto& address : guest.controllers) {
            const auto controller = std::ranges::find(controllers, address, &PciController::address);
            if (controller == controllers.end() || controller->is_given_away()) continue;
            controller->driver = "vfio-pci";
            controller->buses.clear();
        }
    return bound;
}

std::vector<OutOfReach> out_of_reach(const Snapshot& snapshot, const Settings& settings)
{
    std::vector<OutOfReach> found;
    const auto bound = with_registers(as_if_bound(snapshot, settings));
    const auto board = look_at_board(bound, settings);
    if (why_not_writable(bound, board)) return found;
    for (const auto& guest : settings.guests) add_guest(found, board, settings, guest);
    const auto now = with_registers(snapshot);
    for (const auto& profile : settings.profiles) add_profile(found, now, bound, settings, profile);
    return found;
}

std::string wished_of_one_ehci(const Snapshot& snapshot, const Settings& settings)
{
    const auto board = look_at_board(snapshot, settings);
    if (!board.mux) return {};
    for (const auto& profile : settings.profiles)
        for (const auto& one : profile.entries) {
            const auto* guest = std::get_if<GuestName>(&one.target);
            const auto* connector = board.find(one.connector);
            if (guest == nullptr || connector == nullptr || ehci_of(*connector) == nullptr) continue;
            for (const auto& other : profile.entries) {
                const auto* second_guest = std::get_if<GuestName>(&other.target);
                const auto* second = board.find(other.connector);
                if (&other <= &one || second_guest == nullptr || *second_guest == *guest ||
                    second == nullptr || ehci_of(*second) != ehci_of(*connector))
                    continue;
                const auto gets_the_xhci = [&](const GuestName& name) {
                    const auto* settings_of = settings.guest(name);
                    return settings_of != nullptr &&
                           std::ranges::find(settings_of->controllers, board.mux->xhci->address) !=
                               settings_of->controllers.end();
                };
                if (gets_the_xhci(*guest) || gets_the_xhci(*second_guest)) continue;
                return format("{} and {} reach one EHCI ({}), which one guest can have: change profile {} in "
                              "usbroute.toml",
                              one.connector.text(), other.connector.text(), ehci_of(*connector)->name,
                              profile.name.text());
            }
        }
    return {};
}

std::vector<PciAddress> controllers_for(const GuestName& name, const Snapshot& snapshot,
                                        const Settings& settings)
{
    auto tried = settings;
    const auto guest = std::ranges::find(tried.guests, name, &GuestSettings::name);
    const auto board = look_at_board(snapshot, settings);
    if (guest == tried.guests.end() || !board.mux) return {};
    std::vector<const Connector*> wanted;
    for (const auto& profile : settings.profiles)
        for (const auto& entry : profile.entries)
            if (const auto* to = std::get_if<GuestName>(&entry.target); to != nullptr && *to == name)
                wanted.push_back(board.find(entry.connector));
    if (wanted.empty())
        for (std::size_t i = 0; i < board.configured; ++i) wanted.push_back(&board.connectors[i]);
    std::vector<PciAddress> controllers;
    for (const auto* connector : wanted) {
        const auto* ehci = connector == nullptr ? nullptr : ehci_of(*connector);
        if (ehci != nullptr && std::ranges::find(controllers, ehci->address) == controllers.end())
            controllers.push_back(ehci->address);
    }
    if (controllers.empty() || controllers == guest->controllers) return {};
    // What another guest is to have is no way out.
    for (const auto& address : controllers)
        for (const auto& other : settings.guests)
            if (other.name != name &&
                std::ranges::find(other.controllers, address) != other.controllers.end())
                return {};
    guest->controllers = controllers;
    return out_of_reach(snapshot, tried).empty() ? controllers : std::vector<PciAddress>{};
}

} // namespace usbroute::plan
