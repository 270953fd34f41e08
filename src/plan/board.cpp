// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/board.hpp"

#include "attach/seats.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/apart.hpp"
#include "plan/resolve.hpp"
#include "plan/unreadable.hpp"
#include "plan/whole_moves.hpp"
#include "route/behind.hpp"
#include "route/wiring.hpp"

#include <algorithm>

namespace usbroute::plan {

using topology::Connector;
using topology::ControllerKind;

const Connector* Board::find(const ConnectorName& name) const
{
    const auto found =
        std::ranges::find_if(connectors, [&](const Connector& c) { return c.spec.name == name; });
    if (found != connectors.end()) return &*found;
    const auto device =
        std::ranges::find_if(apart, [&](const ApartDevice& one) { return one.connector.spec.name == name; });
    if (device != apart.end()) return &device->connector;
    // A socket answers to its bit even after somebody has named it: what was written before still works.
    const auto bit = route::bit_of_unnamed(name.text());
    const auto of_bit =
        std::ranges::find_if(connectors, [&](const Connector& c) { return bit && c.spec.bit == bit; });
    return of_bit == connectors.end() ? nullptr : &*of_bit;
}

const Connector* Board::connector_of(const topology::PortPath& place) const
{
    const Connector* nearest = nullptr;
    std::size_t depth = 0;
    for (const auto& connector : connectors)
        for (const auto& own : connector.all_places())
            if (own.contains(place) && (nearest == nullptr || own.ports().size() > depth)) {
                nearest = &connector;
                depth = own.ports().size();
            }
    return nearest;
}

std::vector<const Connector*> Board::all() const
{
    std::vector<const Connector*> all;
    for (const auto& connector : connectors) all.push_back(&connector);
    for (const auto& device : apart) all.push_back(&device.connector);
    return all;
}

const ApartDevice* Board::apart_at(const topology::PortPath& place) const
{
    const auto found = std::ranges::find(apart, place, &ApartDevice::place);
    return found == apart.end() ? nullptr : &*found;
}

namespace {

void add_own_places(const topology::Snapshot& snapshot, const std::vector<topology::PortPath>& of_others,
                    const topology::PortPath& place, std::vector<topology::PortPath>& found)
{
    if (std::ranges::find(of_others, place) != of_others.end()) return;
    const auto is_within = [&](const topology::PortPath& other) { return place.contains(other); };
    const auto* hub = snapshot.device_at(place);
    if (std::ranges::none_of(of_others, is_within) || hub == nullptr || hub->hub_ports == 0)
        return found.push_back(place);
    for (unsigned number = 1; number <= hub->hub_ports; ++number) {
        const auto port = place.child(static_cast<std::uint8_t>(number));
        add_own_places(snapshot, of_others, port, found);
    }
}

} // namespace

std::vector<topology::PortPath> own_places(const topology::Snapshot& snapshot, const Board& board,
                                           const Connector& connector)
{
    const auto places = connector.places_now();
    std::vector<topology::PortPath> of_others;
    for (const auto& other : board.connectors)
        for (auto& place : other.places_now())
            if (std::ranges::any_of(places,
                                    [&](const auto& own) { return own.contains(place) && own != place; }))
                of_others.push_back(std::move(place));
    if (!connector.spec.device)
        for (const auto& device : board.apart)
            if (device.place &&
                std::ranges::any_of(places, [&](const auto& own) { return own.contains(*device.place); }))
                of_others.push_back(*device.place);
    std::vector<topology::PortPath> found;
    for (const auto& place : places) add_own_places(snapshot, of_others, place, found);
    return found;
}

std::vector<GuestName> takers_of(const config::Settings& settings)
{
    std::vector<GuestName> names;
    for (const auto& guest : settings.guests)
        if (guest.takes_devices()) names.push_back(guest.name);
    return names;
}

namespace {

/// Its devices are the host's to give as long as the host drives the controller.
std::optional<Refusal> why_not_given(const Connector& connector)
{
    const auto& name = connector.spec.name.text();
    const auto* controller = connector.controller_at(topology::OwnController{});
    // Whom it is for can be said before its hub is plugged in.
    if (controller == nullptr && !connector.missing.empty()) return std::nullopt;
    if (controller == nullptr && !connector.spec.on_hubs.empty())
        return Refusal{Reason::nobody_behind_route, name,
                       format("{} is at {}, and that hub is on no controller of the PCI bus", name,
                              join(connector.spec.places_told(), ", ")),
                       "plug the hub into a socket of the board"};
    if (controller == nullptr && connector.spec.places.empty())
        return Refusal{Reason::nobody_behind_route, name,
                       format("{} is at {}, and no USB controller is at the end of that way", name,
                              join(connector.spec.places_told(), ", ")),
                       "correct the configuration: `usbroute map` names sockets by plugging something in"};
    if (controller == nullptr)
        return Refusal{Reason::nobody_behind_route, name,
                       format("{} is at {}, which is not on the bus", name,
                              connector.spec.places.front().controller.text()),
                       "correct the configuration: `usbroute map` names sockets by plugging something in"};
    if (!controller->is_driven_by_host())
        return Refusal{Reason::no_driver, name,
                       format("no driver of the host runs {}, so what is in {} is not the host's to give",
                              controller->name, name),
                       format("bind xhci_hcd to {}", controller->name)};
    return std::nullopt;
}

} // namespace

Board look_at_board(const topology::Snapshot& snapshot, const config::Settings& settings)
{
    Board board;
    board.mux = route::find_mux(snapshot);
    auto specs = settings.specs();
    for (auto& spec : specs) topology::locate(snapshot, spec);
    board.configured = specs.size();
    for (const auto& hub : settings.hubs) board.hubs.push_back(look_for(snapshot, hub.spec, specs));
    for (const auto& spec : specs) {
        board.connectors.push_back(route::look_at(snapshot, board.mux, spec));
        if (!spec.on_hubs.empty()) put_on_hubs(board.connectors.back(), snapshot, board.hubs);
    }
    if (board.mux)
        for (const auto& spec : route::unnamed_connectors(*board.mux->family, specs))
            board.connectors.push_back(route::look_at(snapshot, board.mux, spec));
    route::complete_holes_behind(board.connectors, board.mux);
    const auto takers = takers_of(settings);
    if (!takers.empty())
        for (auto& connector : board.connectors) {
            add_whole_seat(connector, snapshot, settings);
            if (!connector.behind && !connector.whole_for) attach::add_seats(connector, snapshot, takers);
        }
    if (!takers.empty()) {
        put_sockets_where_rules_say(board, snapshot, settings);
        add_devices_apart(board, snapshot, settings, takers);
    }
    return board;
}

std::string_view text_of(Means means)
{
    switch (means) {
    case Means::none: return "none";
    case Means::route: return "route";
    case Means::attach: return "attach";
    case Means::assign: return "assign";
    }
    return "none";
}

Means means_of(const Connector& connector)
{
    if (connector.behind) return Means::none;
    if (connector.whole_for) return Means::assign;
    if (attach::can_be_given(connector)) return Means::attach;
    return connector.spec.bit ? Means::route : Means::none;
}

std::optional<Refusal> why_not_by_its_means(const topology::Snapshot& snapshot, const Board& board,
                                            const Connector& connector)
{
    // Whether the controller may change hands is asked where it would.
    if (means_of(connector) == Means::assign) return std::nullopt;
    if (means_of(connector) == Means::attach) return why_not_given(connector);
    if (auto refusal = why_not_writable(snapshot, board)) return refusal;
    return why_not_switchable(connector, board);
}

std::optional<Refusal> why_not_writable(const topology::Snapshot& snapshot, const Board& board)
{
    if (!board.mux) {
        const auto found =
            std::ranges::find(snapshot.controllers, ControllerKind::xhci, &topology::Controller::kind);
        const auto what =
            found == snapshot.controllers.end()
                ? std::string("this machine has no xHCI controller")
                : format("xHCI {} is {:04x}:{:04x}, which is not known to have Intel's port mux", found->name,
                         found->vendor, found->device);
        return Refusal{
            Reason::no_mux, "machine", what,
            snapshot.controllers.empty()
                ? "`usbroute doctor` says what this machine can do"
                : "the devices in its sockets can be given to a guest one by one: `usbroute doctor` says how"};
    }
    const auto& mux = *board.mux;
    const auto of_the_table = [](const topology::Controller& c) {
        return c.kind == ControllerKind::xhci && chips::family_of(c.vendor, c.device) != nullptr;
    };
    if (std::ranges::count_if(snapshot.controllers, of_the_table) > 1)
        return Refusal{
            Reason::several_muxes, "machine",
            "more than one xHCI that the chip table knows is on the bus, but a chipset has only one",
            "send a recording of this machine with a bug report"};
    if (mux.family->access == chips::WriteAccess::read_only)
        return Refusal{
            Reason::read_only_chip, "machine",
            format("the {} chipset's registers are only read: which bit moves which port was never confirmed",
                   mux.family->name),
            "`usbroute regs` shows what they hold"};
    if (mux.bits == nullptr) {
        const auto* unreadable = std::get_if<topology::Unreadable>(&snapshot.registers_of(mux.xhci->address));
        auto why = why_unreadable(unreadable == nullptr ? topology::Unreadable{} : *unreadable);
        return Refusal{Reason::registers_unreadable, mux.xhci->name,
                       format("cannot read the routing registers of {}: {}", mux.xhci->name, why.cause),
                       std::move(why.remedy)};
    }
    return std::nullopt;
}

std::string why_not_movable(const topology::Snapshot& snapshot, const Board& board,
                            const Connector& connector)
{
    const auto& mux = board.mux;
    if (connector.behind) return format("it is behind {} and goes with it", connector.behind->text());
    if (means_of(connector) == Means::assign) return {};
    if (means_of(connector) == Means::attach) {
        const auto refusal = why_not_given(connector);
        return refusal ? refusal->sentence : std::string();
    }
    const bool waits_for_a_guest =
        connector.spec.is_by_place() &&
        (connector.controller_at(topology::OwnController{}) != nullptr || !connector.missing.empty());
    if (!connector.spec.bit && waits_for_a_guest)
        return "there is no guest with qmp or libvirt to take its devices";
    if (!connector.spec.bit || !mux) return "it moves only with its controller";
    const auto* wiring = route::wiring_of(mux, connector.spec);
    if (wiring == nullptr)
        return format("the {} chipset has no bit {}", mux->family->name, connector.spec.bit->value);
    if (const auto refusal = why_not_writable(snapshot, board))
        return refusal->reason == Reason::registers_unreadable ? "the registers cannot be read"
                                                               : "the chip's registers are only read";
    if (!wiring->ehci) return "no EHCI of this chipset has a port for it";
    if (connector.controller_at(topology::Side::ehci) == nullptr)
        return format("EHCI #{} is not on the bus", wiring->ehci->controller);
    if ((mux->movable_bits() & connector.spec.bit->mask()) == 0) return "firmware does not let its bit move";
    return {};
}

bool moves(const Change& change, const Board& board, const ConnectorName& name)
{
    const auto* connector = board.find(name);
    return connector != nullptr && change.moves(connector->spec);
}

} // namespace usbroute::plan
