// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/spot.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "topology/connector.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace usbroute::sim {

namespace {

using Ports = std::vector<std::uint8_t>;

/// A root hub, five hubs, a device (USB 2.0, 4.1.1).
constexpr std::size_t most_hubs = 5;

std::optional<Ports> ports_from(std::string_view text)
{
    Ports ports;
    for (const auto part : split(text, '.')) {
        const auto port = parse_decimal(part);
        if (!port || *port < 1 || *port > 255) return std::nullopt;
        ports.push_back(static_cast<std::uint8_t>(*port));
    }
    return ports;
}

/// The socket at the beginning of a way down from a root hub.
std::optional<Spot> spot_of_wire(const Board& board, const Wire& way)
{
    const auto begins = [&way](const std::optional<Wire>& wire) {
        return wire && wire->controller == way.controller && wire->superspeed == way.superspeed &&
               wire->ports.size() <= way.ports.size() &&
               std::equal(wire->ports.begin(), wire->ports.end(), way.ports.begin());
    };
    for (std::size_t i = 0; i < board.sockets.size(); ++i)
        for (const auto* wire :
             {&board.sockets[i].on_xhci, &board.sockets[i].on_ehci, &board.sockets[i].superspeed})
            if (begins(*wire)) {
                const auto own = static_cast<std::ptrdiff_t>((*wire)->ports.size());
                return Spot{.socket = i,
                            .ports = Ports(way.ports.begin() + own, way.ports.end()),
                            .is_superspeed = way.superspeed};
            }
    return std::nullopt;
}

std::optional<Spot> spot_of_place(const Machine& machine, std::string_view text)
{
    if (const auto path = PortPath::parse(text); path && !path->is_root_hub()) {
        const auto controller = machine.controller_of_bus(path->bus());
        if (!controller) return std::nullopt;
        return spot_of_wire(*machine.board,
                            {.controller = *controller,
                             .superspeed = path->bus() == machine.controllers[*controller].superspeed_bus,
                             .ports = path->ports()});
    }
    if (const auto place = topology::UsbPlace::parse(text); place && !place->ports.empty())
        if (const auto controller = machine.index_of(place->controller))
            return spot_of_wire(
                *machine.board,
                {.controller = *controller, .superspeed = place->superspeed, .ports = place->ports});
    return std::nullopt;
}

std::optional<Spot> spot_of_socket(const Board& board, std::string_view name)
{
    const auto socket = std::ranges::find(board.sockets, name, &BoardSocket::name);
    if (socket != board.sockets.end())
        return Spot{.socket = static_cast<std::size_t>(socket - board.sockets.begin()), .ports = {}};
    const auto alias = std::ranges::find(board.aliases, name, &SocketAlias::name);
    if (alias != board.aliases.end()) return Spot{.socket = alias->socket, .ports = alias->ports};
    return std::nullopt;
}

std::optional<Spot> spot_of_plug(Machine& machine, std::string_view name)
{
    auto* plug = machine.plug_named(name);
    if (plug == nullptr || plug->name != name) return std::nullopt;
    Spot spot{.socket = plug->socket, .ports = {}};
    while (auto* hub = machine.hub_of(plug->name)) {
        spot.ports.insert(spot.ports.begin(), plug->port);
        plug = hub;
    }
    spot.is_superspeed = plug->is_superspeed_half;
    return spot;
}

bool is_connector(const Board& board, std::string_view name)
{
    return std::ranges::any_of(board.connectors,
                               [name](const auto& connector) { return connector.spec.name.text() == name; });
}

/// A name that a person gave counts more than a place, and a place more than a name that is a place of the past.
std::optional<Spot> spot_named(Machine& machine, std::string_view text)
{
    const auto& board = *machine.board;
    if (is_connector(board, text))
        if (auto spot = spot_of_socket(board, text)) return spot;
    if (auto spot = spot_of_place(machine, text)) return spot;
    return spot_of_socket(board, text);
}

} // namespace

Result<Spot> spot_of(Machine& machine, std::string_view text)
{
    if (auto spot = spot_named(machine, text)) return std::move(*spot);
    // "rear-5.2": the longest name counts, since a name may have dots.
    for (auto dot = text.rfind('.'); dot != std::string_view::npos && dot > 0;
         dot = text.rfind('.', dot - 1)) {
        const auto ports = ports_from(text.substr(dot + 1));
        if (!ports) break;
        const auto name = text.substr(0, dot);
        auto spot = spot_named(machine, name);
        if (!spot) spot = spot_of_plug(machine, name);
        if (!spot) continue;
        spot->ports.insert(spot->ports.end(), ports->begin(), ports->end());
        return std::move(*spot);
    }
    const auto near = nearest(text, machine.board->socket_names());
    return std::unexpected(
        Error(ErrorKind::not_found, format("there is no socket {}{}", printable(text),
                                           near ? format("; did you mean {}?", *near) : "")));
}

Plug* plug_at(Machine& machine, const Spot& spot)
{
    Plug* plug = nullptr;
    for (auto& each : machine.plugs) {
        if (each.socket != spot.socket) continue;
        // A hub with two halves is two plugs in one socket.
        if (plug == nullptr || each.is_superspeed_half == spot.is_superspeed) plug = &each;
    }
    for (const auto port : spot.ports) {
        if (plug == nullptr) return nullptr;
        const auto found = std::ranges::find(plug->behind, port, &Plug::port);
        plug = found == plug->behind.end() ? nullptr : &*found;
    }
    return plug;
}

Result<Plug*> hub_for(Machine& machine, const Spot& spot, std::string_view text)
{
    if (spot.ports.size() > most_hubs)
        return failure(format("USB has no more than {} hubs in a row", most_hubs));
    auto above = spot;
    const auto port = above.ports.back();
    above.ports.pop_back();
    auto* hub = plug_at(machine, above);
    if (hub == nullptr) return failure(format("there is no hub for {}", printable(text)));
    const auto& socket = machine.socket_name(*hub);
    if (hub->model->hub_ports == 0) return failure(format("{} in {} is not a hub", hub->name, socket));
    if (port > hub->model->hub_ports)
        return failure(format("{} in {} has the ports 1 to {}", hub->name, socket, hub->model->hub_ports));
    const auto there = std::ranges::find(hub->behind, port, &Plug::port);
    if (there != hub->behind.end())
        return failure(format("{} is occupied by {}; unplug it first", printable(text), there->name));
    return hub;
}

} // namespace usbroute::sim
