// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/machine.hpp"

#include "base/check.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "sim/config_space.hpp"
#include "sim/spot.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::sim {

using topology::Side;

namespace {

/// The wires that a socket's USB 2 half has now; null where the chip has none on that side, and for a port that is
/// SuperSpeed alone.
const Wire* wires_of(const Machine& machine, const BoardSocket& socket)
{
    const bool is_ehci = socket.bit && (machine.registers.usb2_owner & socket.bit->mask()) == 0;
    const auto& wire = is_ehci ? socket.on_ehci : socket.on_xhci;
    return wire ? &*wire : nullptr;
}

std::optional<PortPath> place_of(const Machine& machine, const Wire& wire)
{
    const auto& controller = machine.controllers[wire.controller];
    const auto bus = wire.superspeed ? controller.superspeed_bus : controller.usb2_bus;
    if (bus == 0) return std::nullopt;
    return PortPath(bus, wire.ports);
}

std::optional<PortPath> usb2_place(const Machine& machine, const BoardSocket& socket)
{
    const auto* wire = wires_of(machine, socket);
    return wire == nullptr ? std::nullopt : place_of(machine, *wire);
}

std::optional<PortPath> superspeed_place(const Machine& machine, const BoardSocket& socket)
{
    const auto& wire = socket.superspeed;
    if (!wire) return std::nullopt;
    const bool is_routed = machine.board->mux == wire->controller;
    if (is_routed &&
        (machine.registers.superspeed_on & chips::SuperSpeedPort{wire->ports.front()}.mask()) == 0)
        return std::nullopt;
    return place_of(machine, *wire);
}

bool is_bus_used(const Machine& machine, std::uint16_t bus)
{
    return std::ranges::any_of(machine.controllers, [bus](const ControllerState& controller) {
        return controller.usb2_bus == bus || controller.superspeed_bus == bus;
    });
}

std::uint16_t lowest_free_bus(const Machine& machine)
{
    std::uint16_t bus = 1;
    while (is_bus_used(machine, bus)) ++bus;
    return bus;
}

Plug* plug_among(std::vector<Plug>& plugs, std::string_view name)
{
    for (auto& plug : plugs) {
        if (plug.name == name) return &plug;
        if (auto* found = plug_among(plug.behind, name)) return found;
    }
    return nullptr;
}

Plug* hub_among(std::vector<Plug>& plugs, std::string_view name)
{
    for (auto& plug : plugs) {
        if (std::ranges::find(plug.behind, name, &Plug::name) != plug.behind.end()) return &plug;
        if (auto* found = hub_among(plug.behind, name)) return found;
    }
    return nullptr;
}

/// The kind, with a number if another has that name.
std::string free_name(Machine& machine, std::string_view kind)
{
    std::string name(kind);
    for (int number = 2; machine.plug_named(name) != nullptr; ++number) name = format("{}-{}", kind, number);
    return name;
}

/// What a model has behind it comes with it.
void fill_hub(Machine& machine, std::string_view name)
{
    const auto* hub = machine.plug_named(name);
    for (const auto& behind : std::vector(hub->model->behind)) {
        auto below = free_name(machine, behind.model->kind);
        auto* above = machine.plug_named(name);
        above->behind.push_back({.name = std::move(below),
                                 .socket = above->socket,
                                 .port = behind.port,
                                 .model = behind.model,
                                 .at = {},
                                 .behind = {}});
    }
}

void add_recorded(Machine& machine, const BoardPlug& recorded)
{
    Plug plug{.name = free_name(machine, recorded.model->kind),
              .socket = recorded.socket,
              .port = 0,
              .model = recorded.model,
              .is_superspeed_half = recorded.model->superspeed && recorded.model->hub_ports > 0,
              .at = recorded.at,
              .behind = {}};
    auto* siblings = &machine.plugs;
    if (!recorded.ports.empty()) {
        auto above = recorded.at.ports();
        plug.port = above.back();
        above.pop_back();
        const PortPath hub_place(recorded.at.bus(), above);
        for (auto& top : machine.plugs)
            if (top.at && top.at->contains(hub_place))
                for (const auto& each : standing(top, *top.at))
                    if (each.place == hub_place) siblings = &each.plug->behind;
        if (siblings == &machine.plugs) plug.port = 0; // a recording that lacks the hub
    }
    siblings->push_back(std::move(plug));
}

bool is_pending(const Plug& plug)
{
    if (plug.is_dead) return false;
    return std::ranges::any_of(plug.behind, [](const Plug& each) { return !each.at || is_pending(each); });
}

void find_pending(const Plug& hub, std::vector<std::string>& names)
{
    if (hub.is_dead) return;
    for (const auto& each : hub.behind) {
        if (!each.at)
            names.push_back(each.name);
        else
            find_pending(each, names);
    }
}

} // namespace

std::optional<std::size_t> Machine::index_of(const PciAddress& address) const
{
    const auto* found = board->controller_at(address);
    if (found == nullptr) return std::nullopt;
    return static_cast<std::size_t>(found - board->controllers.data());
}

std::optional<std::size_t> Machine::controller_of_bus(std::uint16_t bus) const
{
    if (bus == 0) return std::nullopt;
    for (std::size_t i = 0; i < controllers.size(); ++i)
        if (controllers[i].usb2_bus == bus || controllers[i].superspeed_bus == bus) return i;
    return std::nullopt;
}

Plug* Machine::plug_named(std::string_view name_or_socket)
{
    if (auto* found = plug_among(plugs, name_or_socket)) return found;
    const auto found =
        std::ranges::find_if(plugs, [&](const Plug& plug) { return socket_name(plug) == name_or_socket; });
    return found == plugs.end() ? nullptr : &*found;
}

Plug* Machine::hub_of(std::string_view name) { return hub_among(plugs, name); }

Plug* Machine::top_of(std::string_view name)
{
    auto* plug = plug_among(plugs, name);
    while (plug != nullptr) {
        auto* hub = hub_of(plug->name);
        if (hub == nullptr) break;
        plug = hub;
    }
    return plug;
}

void Machine::remove(std::string_view name)
{
    auto* hub = hub_of(name);
    std::erase_if(hub == nullptr ? plugs : hub->behind,
                  [name](const Plug& plug) { return plug.name == name; });
}

const std::string& Machine::socket_name(const Plug& plug) const { return board->sockets[plug.socket].name; }

Machine machine_at_start(std::shared_ptr<const Board> board)
{
    Machine machine;
    machine.board = std::move(board);
    const auto& recorded = *machine.board;
    if (recorded.mux) machine.registers = routes_in(recorded.controllers[*recorded.mux].function->config);
    for (const auto& controller : recorded.controllers)
        machine.controllers.push_back({.present = true,
                                       .driver = controller.driver,
                                       .usb2_bus = controller.usb2_bus,
                                       .superspeed_bus = controller.superspeed_bus});
    for (const auto& plug : recorded.plugs) add_recorded(machine, plug);
    return machine;
}

std::optional<PortPath> home_of(const Machine& machine, const Plug& plug)
{
    const auto& socket = machine.board->sockets[plug.socket];
    auto link = superspeed_place(machine, socket);
    if (plug.is_superspeed_half) return link;
    auto wires = usb2_place(machine, socket);
    if (!plug.model->superspeed) return wires;
    if (plug.at && (plug.at == link || plug.at == wires)) return plug.at;
    return link ? link : wires;
}

Moves moves_due(const Machine& machine)
{
    Moves moves;
    for (const auto& plug : machine.plugs) {
        const auto home = home_of(machine, plug);
        if (home == plug.at) {
            if (plug.at && is_pending(plug)) find_pending(plug, moves.arrive);
            continue;
        }
        if (plug.at) moves.leave.push_back(plug.name);
        if (home) moves.arrive.push_back(plug.name);
    }
    return moves;
}

RouteBits taken(const RouteBits& now, const RouteBits& written)
{
    RouteBits result = now;
    result.usb2_owner = (now.usb2_owner & ~now.usb2_movable) | (written.usb2_owner & now.usb2_movable);
    result.superspeed_on =
        (now.superspeed_on & ~now.superspeed_movable) | (written.superspeed_on & now.superspeed_movable);
    return result;
}

RouteBits after_resume(const RouteBits& now)
{
    RouteBits result = now;
    result.usb2_owner |= now.usb2_movable;
    result.superspeed_on |= now.superspeed_movable;
    return result;
}

void number_buses(Machine& machine, std::size_t index)
{
    auto& controller = machine.controllers[index];
    controller.usb2_bus = 0;
    controller.superspeed_bus = 0;
    if (!controller.present || !controller.is_driven_by_host()) return;
    controller.usb2_bus = lowest_free_bus(machine);
    if (machine.board->controllers[index].superspeed_hub)
        controller.superspeed_bus = lowest_free_bus(machine);
}

Result<std::string> plug_in(Machine& machine, std::string_view where, std::string_view kind,
                            std::string_view name)
{
    const auto spot = spot_of(machine, where);
    if (!spot) return std::unexpected(spot.error());
    const auto& socket = machine.board->sockets[spot->socket];
    const auto* model = model_of(kind);
    if (model == nullptr)
        return std::unexpected(
            Error(ErrorKind::not_found, format("there is no device of kind {}; there are: {}",
                                               printable(kind), join(kinds(), ", "))));
    Plug* hub = nullptr;
    if (!spot->ports.empty()) {
        auto found = hub_for(machine, *spot, where);
        if (!found) return std::unexpected(found.error());
        hub = *found;
    } else if (const auto* taken_by = plug_at(machine, *spot)) {
        return failure(format("{} is occupied by {}; unplug it first", socket.name, taken_by->name));
    }
    const bool has_usb2 = hub != nullptr ? !hub->is_superspeed_half : socket.on_xhci || socket.on_ehci;
    if (!has_usb2 && !model->superspeed)
        return failure(format("{} is a SuperSpeed port; {} needs the USB 2 port that goes with it",
                              printable(where), kind));
    if (!name.empty() && !is_plain_name(name))
        return std::unexpected(Error(ErrorKind::usage, format("not a name: {}", printable(name))));
    if (!name.empty() && machine.plug_named(name) != nullptr)
        return failure(format("the name {} is taken", name));
    auto chosen = name.empty() ? free_name(machine, kind) : std::string(name);
    auto& siblings = hub == nullptr ? machine.plugs : hub->behind;
    // A hub's driver looks at its ports in their order.
    const auto port = hub == nullptr ? std::uint8_t{0} : spot->ports.back();
    const auto before =
        hub == nullptr ? siblings.end() : std::ranges::upper_bound(siblings, port, {}, &Plug::port);
    siblings.insert(
        before,
        {.name = chosen, .socket = spot->socket, .port = port, .model = model, .at = {}, .behind = {}});
    fill_hub(machine, chosen);
    return chosen;
}

std::string why_absent(const Machine& machine, const Plug& plug)
{
    const auto& socket = machine.board->sockets[plug.socket];
    const auto* wire = wires_of(machine, socket);
    if (wire == nullptr && socket.superspeed) wire = &*socket.superspeed;
    if (wire == nullptr) return "the chip has no controller on that side";
    const auto& board = machine.board->controllers[wire->controller];
    const auto& controller = machine.controllers[wire->controller];
    const auto shown = format("{} ({})", board.name, board.title);
    if (!controller.present) return format("{} is not on the bus", shown);
    if (controller.driver.empty()) return format("{} has no driver", shown);
    if (!controller.is_driven_by_host())
        return format("it is the guest's: {} is on {}", shown, controller.driver);
    return "on its way";
}

std::vector<Standing> standing(Plug& plug, const PortPath& place)
{
    std::vector<Standing> all{{place, &plug}};
    for (auto& behind : plug.behind) {
        const auto below = standing(behind, place.child(behind.port));
        all.insert(all.end(), below.begin(), below.end());
    }
    return all;
}

} // namespace usbroute::sim
