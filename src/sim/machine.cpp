// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/machine.hpp"

#include "base/check.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "topology/side.hpp"

#include <algorithm>

namespace usbroute::sim {

using topology::Side;
namespace route_reg = chips::route_reg;

namespace {

Side side_of(const Machine& machine, const Socket& socket)
{
    return (machine.registers.usb2_owner & socket.bit.mask()) != 0 ? Side::xhci : Side::ehci;
}

/// The controller that has a socket's USB 2 wires; null where the chip has none on that side.
const ControllerState* wires_of(const Machine& machine, const Socket& socket)
{
    const auto* route = chip().route_of(socket.bit);
    USBROUTE_CHECK(route != nullptr);
    if (side_of(machine, socket) == Side::xhci) return machine.controller_at(xhci_function().address);
    return route->ehci ? machine.controller_at(ehci_function(route->ehci->controller).address) : nullptr;
}

std::optional<PortPath> usb2_place(const Machine& machine, const Socket& socket)
{
    const auto* controller = wires_of(machine, socket);
    if (controller == nullptr || controller->usb2_bus == 0) return std::nullopt;
    const auto* route = chip().route_of(socket.bit);
    if (side_of(machine, socket) == Side::xhci) return PortPath(controller->usb2_bus, {route->xhci_port});
    return PortPath(controller->usb2_bus, {1, route->ehci->port}); // port 1 carries the rate matching hub
}

std::optional<PortPath> superspeed_place(const Machine& machine, const Plug& plug)
{
    const auto& port = plug.socket->superspeed;
    const auto* xhci = machine.controller_at(xhci_function().address);
    if (!plug.model->superspeed || !port || xhci->superspeed_bus == 0) return std::nullopt;
    if ((machine.registers.superspeed_on & port->mask()) == 0) return std::nullopt;
    return PortPath(xhci->superspeed_bus, {port->value});
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

} // namespace

const ControllerState* Machine::controller_at(const PciAddress& address) const
{
    const auto found = std::ranges::find(controllers, address, &ControllerState::address);
    return found == controllers.end() ? nullptr : &*found;
}

ControllerState* Machine::controller_at(const PciAddress& address)
{
    const auto found = std::ranges::find(controllers, address, &ControllerState::address);
    return found == controllers.end() ? nullptr : &*found;
}

Plug* Machine::plug_named(std::string_view name_or_socket)
{
    const auto found = std::ranges::find_if(plugs, [name_or_socket](const Plug& plug) {
        return plug.name == name_or_socket || plug.socket->name == name_or_socket;
    });
    return found == plugs.end() ? nullptr : &*found;
}

const ControllerState* Machine::controller_of_bus(std::uint16_t bus) const
{
    const auto found = std::ranges::find_if(controllers, [bus](const ControllerState& controller) {
        return controller.usb2_bus == bus || controller.superspeed_bus == bus;
    });
    return found == controllers.end() ? nullptr : &*found;
}

Machine machine_at_start()
{
    Machine machine;
    machine.registers = routes_in(config_space(xhci_function()));
    for (const auto* function : {&xhci_function(), &ehci_function(1), &ehci_function(2)})
        machine.controllers.push_back({.address = function->address,
                                       .driver = std::string(function->driver),
                                       .usb2_bus = 0,
                                       .superspeed_bus = 0});
    // The kernel probes both EHCIs before the xHCI, and 1a.0 before 1d.0.
    for (const auto* function : {&ehci_function(2), &ehci_function(1), &xhci_function()})
        number_buses(machine, *machine.controller_at(function->address));
    for (const auto& socket : sockets()) {
        if (socket.at_start.empty()) continue;
        const auto name = plug_in(machine, socket.name, socket.at_start, "");
        USBROUTE_CHECK(name.has_value());
    }
    return machine;
}

std::optional<PortPath> home_of(const Machine& machine, const Plug& plug)
{
    const auto wires = usb2_place(machine, *plug.socket);
    const auto link = superspeed_place(machine, plug);
    if (plug.at && (plug.at == link || plug.at == wires)) return plug.at;
    return link ? link : wires;
}

Moves moves_due(const Machine& machine)
{
    Moves moves;
    for (const auto& plug : machine.plugs) {
        const auto home = home_of(machine, plug);
        if (home == plug.at) continue;
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

void number_buses(Machine& machine, ControllerState& controller)
{
    controller.usb2_bus = 0;
    controller.superspeed_bus = 0;
    if (!controller.present || !controller.is_driven_by_host()) return;
    controller.usb2_bus = lowest_free_bus(machine);
    if (controller.address == xhci_function().address) controller.superspeed_bus = lowest_free_bus(machine);
}

Result<std::string> plug_in(Machine& machine, std::string_view socket_name, std::string_view kind,
                            std::string_view name)
{
    const auto* socket = socket_named(socket_name);
    if (socket == nullptr) {
        const auto near = nearest(socket_name, socket_names());
        return std::unexpected(
            Error(ErrorKind::not_found, format("there is no socket {}{}", printable(socket_name),
                                               near ? format("; did you mean {}?", *near) : "")));
    }
    const auto* model = model_of(kind);
    if (model == nullptr)
        return std::unexpected(
            Error(ErrorKind::not_found, format("there is no device of kind {}; there are: {}",
                                               printable(kind), join(kinds(), ", "))));
    const auto taken_by = std::ranges::find(machine.plugs, socket, &Plug::socket);
    if (taken_by != machine.plugs.end())
        return std::unexpected(Error(ErrorKind::failed, format("{} is occupied by {}; unplug it first",
                                                               socket->name, taken_by->name)));
    std::string chosen(name.empty() ? kind : name);
    if (!is_plain_name(chosen))
        return std::unexpected(Error(ErrorKind::usage, format("not a name: {}", printable(chosen))));
    if (!name.empty() && machine.plug_named(name) != nullptr)
        return std::unexpected(Error(ErrorKind::failed, format("the name {} is taken", chosen)));
    for (int number = 2; machine.plug_named(chosen) != nullptr; ++number)
        chosen = format("{}-{}", kind, number);
    machine.plugs.push_back({.name = chosen, .socket = socket, .model = model, .at = std::nullopt});
    return chosen;
}

std::string why_absent(const Machine& machine, const Plug& plug)
{
    const auto* controller = wires_of(machine, *plug.socket);
    if (controller == nullptr) return "the chip has no controller on that side";
    const auto shown = format("{} ({})", controller->address.text(), controller_name(controller->address));
    if (!controller->present) return format("{} is not on the bus", shown);
    if (controller->driver.empty()) return format("{} has no driver", shown);
    if (!controller->is_driven_by_host())
        return format("it is the guest's: {} is on {}", shown, controller->driver);
    return "on its way";
}

std::vector<Standing> standing(const DeviceModel& model, const PortPath& place)
{
    std::vector<Standing> all{{place, &model}};
    for (const auto& behind : model.behind) {
        const auto below = standing(*behind.model, place.child(behind.port));
        all.insert(all.end(), below.begin(), below.end());
    }
    return all;
}

RouteBits routes_in(std::string_view config)
{
    return {.usb2_owner = read_register(config, route_reg::usb2_owner),
            .usb2_movable = read_register(config, route_reg::usb2_movable),
            .superspeed_on = read_register(config, route_reg::superspeed_on),
            .superspeed_movable = read_register(config, route_reg::superspeed_movable),
            .fuses = read_register(config, route_reg::fuses),
            .usb2_disabled = read_register(config, route_reg::usb2_disabled),
            .superspeed_disabled = read_register(config, route_reg::superspeed_disabled)};
}

void put_routes(std::string& config, const RouteBits& routes)
{
    write_register(config, route_reg::usb2_owner, routes.usb2_owner);
    write_register(config, route_reg::usb2_movable, routes.usb2_movable);
    write_register(config, route_reg::superspeed_on, routes.superspeed_on);
    write_register(config, route_reg::superspeed_movable, routes.superspeed_movable);
    write_register(config, route_reg::fuses, routes.fuses);
    write_register(config, route_reg::usb2_disabled, routes.usb2_disabled);
    write_register(config, route_reg::superspeed_disabled, routes.superspeed_disabled);
}

} // namespace usbroute::sim
