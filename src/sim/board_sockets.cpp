// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Which holes a recorded board has, and what is in them.

#include "base/format.hpp"
#include "base/text.hpp"
#include "chips/registers.hpp"
#include "observe/decode.hpp"
#include "observe/scan.hpp"
#include "sim/board.hpp"
#include "sim/config_space.hpp"
#include "sim/recorded_device.hpp"
#include "topology/connector.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::sim {

using topology::PortPath;
using topology::Snapshot;
using topology::UsbPlace;

namespace {

/// The place as sysfs called it when the board was recorded; nothing where no driver ran the controller.
std::optional<PortPath> recorded_place(const Board& board, const Wire& wire)
{
    const auto& controller = board.controllers[wire.controller];
    const auto bus = wire.superspeed ? controller.superspeed_bus : controller.usb2_bus;
    if (bus == 0) return std::nullopt;
    return PortPath(bus, wire.ports);
}

/// A socket that nobody has named is called after where its wires end: "3-2", or "0000:00:14.0/2" where no bus has a number.
std::string name_of_place(const Board& board, const Wire& wire)
{
    if (const auto place = recorded_place(board, wire)) return place->text();
    const auto& controller = board.controllers[wire.controller];
    if (!controller.function) return format("{}/{}", controller.name, wire.ports.front());
    return UsbPlace{
        .controller = controller.function->address, .superspeed = wire.superspeed, .ports = wire.ports}
        .text();
}

std::optional<Wire> wire_at(const Board& board, const UsbPlace& place)
{
    const auto* controller = board.controller_at(place.controller);
    if (controller == nullptr || place.ports.empty()) return std::nullopt;
    return Wire{.controller = static_cast<std::size_t>(controller - board.controllers.data()),
                .superspeed = place.superspeed,
                .ports = place.ports};
}

/// How many ports of a wire are the board's own: two behind a rate matching hub, else one. What follows are hubs that
/// somebody has plugged in.
std::size_t own_ports(const Board& board, const Wire& wire)
{
    const auto& fixed = board.controllers[wire.controller].fixed;
    const bool is_behind = std::ranges::any_of(fixed, [&](const FixedDevice& hub) {
        return !wire.superspeed && wire.ports.front() == hub.ports.front();
    });
    return is_behind ? 2 : 1;
}

std::optional<std::size_t> socket_of_wire(const Board& board, const Wire& wire)
{
    for (std::size_t i = 0; i < board.sockets.size(); ++i) {
        const auto& socket = board.sockets[i];
        if (socket.on_xhci == wire || socket.on_ehci == wire || socket.superspeed == wire) return i;
    }
    return std::nullopt;
}

bool is_wire_used(const Board& board, const Wire& wire) { return socket_of_wire(board, wire).has_value(); }

/// The wires of a bit, by the chip table.
BoardSocket socket_of_bit(const Board& board, const chips::BitRoute& route)
{
    BoardSocket socket{.name = {},
                       .bit = chips::MuxBit{route.bit},
                       .on_xhci = Wire{.controller = *board.mux, .ports = {route.xhci_port}},
                       .on_ehci = std::nullopt,
                       .superspeed = std::nullopt};
    if (!route.ehci) return socket;
    const auto ehci = board.ehci(route.ehci->controller);
    if (!ehci) return socket;
    Wire wire{.controller = *ehci, .ports = {route.ehci->port}};
    if (!board.controllers[*ehci].fixed.empty()) wire.ports.insert(wire.ports.begin(), 1);
    socket.on_ehci = wire;
    return socket;
}

/// The port that the kernel pairs with a USB 2 root port, unless it is another socket's already: without firmware's
/// word the pairing is a guess (drivers/usb/core/port.c, find_and_link_peer).
std::optional<Wire> peer_of(const Board& board, const std::optional<Wire>& usb2)
{
    if (!usb2 || usb2->ports.size() != 1) return std::nullopt;
    const auto& peers = board.controllers[usb2->controller].peers;
    const auto found = peers.find(usb2->ports.front());
    if (found == peers.end()) return std::nullopt;
    Wire wire{.controller = usb2->controller, .superspeed = true, .ports = {found->second}};
    if (is_wire_used(board, wire)) return std::nullopt;
    return wire;
}

void add_named_by_bit(Board& board, const topology::ConnectorSpec& spec)
{
    const auto* route = board.chip->route_of(*spec.bit);
    if (route == nullptr) {
        board.notes.push_back(format("connector {} is left out: {} has no bit {}", spec.name.text(),
                                     board.chip->name, spec.bit->value));
        return;
    }
    auto socket = socket_of_bit(board, *route);
    socket.name = spec.name.text();
    for (const auto& seen : spec.seen) {
        const auto wire = wire_at(board, seen);
        if (!wire) continue;
        (wire->controller == *board.mux ? socket.on_xhci : socket.on_ehci) = wire;
    }
    if (spec.superspeed)
        socket.superspeed =
            Wire{.controller = *board.mux, .superspeed = true, .ports = {spec.superspeed->value}};
    board.sockets.push_back(std::move(socket));
}

/// Connectors of which the configuration says where they are. One that is behind a hub is a name for a port of it.
void add_named_by_place(Board& board, const topology::ConnectorSpec& spec)
{
    BoardSocket socket{.name = spec.name.text(), .bit = {}, .on_xhci = {}, .on_ehci = {}, .superspeed = {}};
    for (const auto& place : spec.places) {
        const auto wire = wire_at(board, place);
        if (!wire || wire->ports.size() > own_ports(board, *wire) || is_wire_used(board, *wire)) continue;
        auto& end = place.superspeed ? socket.superspeed : socket.on_xhci;
        if (!end) end = wire;
    }
    if (socket.on_xhci || socket.superspeed) board.sockets.push_back(std::move(socket));
}

/// With the places by the way to their controller among those by its address.
topology::ConnectorSpec by_address(const Snapshot& snapshot, topology::ConnectorSpec spec)
{
    topology::locate(snapshot, spec);
    return spec;
}

void add_aliases(Board& board, const Snapshot& snapshot)
{
    const auto known = [&board](const std::string& name) {
        return std::ranges::find(board.sockets, name, &BoardSocket::name) != board.sockets.end() ||
               std::ranges::find(board.aliases, name, &SocketAlias::name) != board.aliases.end();
    };
    for (const auto& connector : board.connectors) {
        const auto spec = by_address(snapshot, connector.spec);
        if (known(spec.name.text())) continue;
        if (spec.behind && !spec.behind->ports.empty()) {
            const auto above =
                std::ranges::find(board.sockets, spec.behind->socket.text(), &BoardSocket::name);
            if (above != board.sockets.end())
                board.aliases.push_back({.name = spec.name.text(),
                                         .socket = static_cast<std::size_t>(above - board.sockets.begin()),
                                         .ports = spec.behind->ports});
        }
        for (const auto& place : spec.places) {
            auto wire = wire_at(board, place);
            if (!wire || known(spec.name.text())) continue;
            const auto own = std::min(own_ports(board, *wire), wire->ports.size());
            std::vector<std::uint8_t> rest(wire->ports.begin() + static_cast<std::ptrdiff_t>(own),
                                           wire->ports.end());
            wire->ports.resize(own);
            if (const auto above = socket_of_wire(board, *wire))
                board.aliases.push_back(
                    {.name = spec.name.text(), .socket = *above, .ports = std::move(rest)});
        }
    }
}

void add_unnamed(Board& board, BoardSocket socket)
{
    const auto& wire = socket.on_xhci ? socket.on_xhci : socket.on_ehci ? socket.on_ehci : socket.superspeed;
    if (!wire) return;
    socket.name = name_of_place(board, *wire);
    // A name of a socket that looks like a place would hide the place.
    if (std::ranges::find(board.sockets, socket.name, &BoardSocket::name) != board.sockets.end())
        socket.name += "-port";
    board.sockets.push_back(std::move(socket));
}

void add_unnamed_bits(Board& board)
{
    for (const auto& route : board.chip->routes) {
        const auto has_bit = [&](const BoardSocket& socket) {
            return socket.bit == chips::MuxBit{route.bit};
        };
        if (std::ranges::any_of(board.sockets, has_bit)) continue;
        auto socket = socket_of_bit(board, route);
        socket.superspeed = peer_of(board, socket.on_xhci);
        add_unnamed(board, std::move(socket));
    }
}

/// Ports that no bit moves, and all those of a board without a mux.
void add_fixed_ports(Board& board)
{
    for (std::size_t i = 0; i < board.controllers.size(); ++i) {
        const auto& controller = board.controllers[i];
        const bool has_fixed = !controller.fixed.empty();
        const auto count =
            has_fixed ? controller.fixed.front().model.hub_ports : controller.usb2_hub.hub_ports;
        for (unsigned number = 1; number <= count; ++number) {
            const auto port = static_cast<std::uint8_t>(number);
            const Wire wire{.controller = i,
                            .ports = has_fixed ? std::vector<std::uint8_t>{1, port}
                                               : std::vector<std::uint8_t>{port}};
            if (!is_wire_used(board, wire))
                add_unnamed(board, {.name = {},
                                    .bit = {},
                                    .on_xhci = wire,
                                    .on_ehci = {},
                                    .superspeed = peer_of(board, wire)});
        }
        const auto superspeed =
            controller.superspeed_hub ? controller.superspeed_hub->hub_ports : std::uint8_t{0};
        for (unsigned number = 1; number <= superspeed; ++number) {
            const Wire wire{
                .controller = i, .superspeed = true, .ports = {static_cast<std::uint8_t>(number)}};
            if (!is_wire_used(board, wire))
                add_unnamed(board, {.name = {}, .bit = {}, .on_xhci = {}, .on_ehci = {}, .superspeed = wire});
        }
    }
}

/// What a person calls it: the catalogue's word for these ids, or one for what it can do (USB class codes of
/// usb.org/defined-class-codes).
std::string_view word_of_model(const topology::Device& device)
{
    for (const auto& model : catalogue())
        if (model.vendor == device.vendor && model.product == device.product && model.kind != "hostile")
            return model.kind;
    if (device.is_hub()) return "hub";
    if (device.is_keyboard()) return "keyboard";
    for (const auto& [number, word] : {std::pair<std::uint8_t, std::string_view>{8, "disk"},
                                       {14, "webcam"},
                                       {1, "audio"},
                                       {0xe0, "radio"},
                                       {3, "input"}})
        for (const auto& interface : device.interfaces)
            if (interface.device_class == number)
                return number == 3 && interface.subclass == 1 && interface.protocol == 2 ? "mouse" : word;
    return "device";
}

DeviceModel model_of_recorded(const observe::KernelTree& tree, const topology::Device& device,
                              const std::string& directory)
{
    DeviceModel model{.kind = word_of_model(device),
                      .vendor = device.vendor,
                      .product = device.product,
                      .device_class = device.device_class,
                      .kilobit = device.speed.kilobit,
                      .superspeed = device.speed.is_superspeed(),
                      .hub_ports = device.hub_ports,
                      .manufacturer = device.manufacturer,
                      .product_name = device.product_name,
                      .serial = device.serial,
                      .interfaces = {}};
    model.recorded = std::make_shared<const RecordedDevice>(
        recorded_device(tree, directory, device.path, model.superspeed));
    return model;
}

std::string directory_of_device(const Board& board, const PortPath& path)
{
    const auto& controller = board.controllers[*board.controller_of_bus(path.bus())];
    auto directory = format("{}/usb{}", controller.directory, path.bus());
    PortPath step(path.bus(), {});
    for (const auto port : path.ports()) {
        step = step.child(port);
        directory += "/" + step.text();
    }
    return directory;
}

} // namespace

void find_sockets(Board& board, const Snapshot& snapshot)
{
    for (const auto& connector : board.connectors) {
        if (connector.spec.bit && board.mux)
            add_named_by_bit(board, connector.spec);
        else if (!connector.spec.places.empty() || !connector.spec.ways.empty())
            add_named_by_place(board, by_address(snapshot, connector.spec));
    }
    if (board.mux) add_unnamed_bits(board);
    add_fixed_ports(board);
    add_aliases(board, snapshot);
}

void find_plugs(Board& board, const observe::KernelTree& tree, const Snapshot& snapshot)
{
    for (const auto& device : snapshot.devices) {
        const auto index = board.controller_of_bus(device->path.bus());
        if (!index || device->path.is_root_hub()) continue;
        const auto& controller = board.controllers[*index];
        Wire wire{.controller = *index,
                  .superspeed = device->path.bus() == controller.superspeed_bus,
                  .ports = device->path.ports()};
        const bool is_fixed = std::ranges::any_of(controller.fixed, [&](const FixedDevice& each) {
            return !wire.superspeed && each.ports == wire.ports;
        });
        if (is_fixed) continue;
        const auto own = std::min(own_ports(board, wire), wire.ports.size());
        std::vector<std::uint8_t> rest(wire.ports.begin() + static_cast<std::ptrdiff_t>(own),
                                       wire.ports.end());
        wire.ports.resize(own);
        auto socket = socket_of_wire(board, wire);
        if (!socket) {
            // A port beyond those that its hub says it has.
            add_unnamed(board, {.name = {},
                                .bit = {},
                                .on_xhci = wire.superspeed ? std::nullopt : std::optional(wire),
                                .on_ehci = {},
                                .superspeed = wire.superspeed ? std::optional(wire) : std::nullopt});
            socket = board.sockets.size() - 1;
        }
        board.models.push_back(model_of_recorded(tree, *device, directory_of_device(board, device->path)));
        board.plugs.push_back(
            {.socket = *socket, .ports = std::move(rest), .at = device->path, .model = &board.models.back()});
    }
}

} // namespace usbroute::sim
