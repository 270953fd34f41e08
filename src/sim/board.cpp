// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/board.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "chips/registers.hpp"
#include "observe/decode.hpp"
#include "observe/scan.hpp"
#include "route/mux.hpp"
#include "sim/config_space.hpp"
#include "sim/recorded_device.hpp"
#include "topology/connector.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::sim {

using topology::ControllerKind;
using topology::PortPath;
using topology::Snapshot;

namespace {

constexpr std::size_t config_space_size = 4096; ///< of PCI Express; older functions have 256 bytes
constexpr std::size_t conventional_space = 256;

/// What a person calls the machine; firmware that was told nothing says "To Be Filled By O.E.M.".
std::string title_of(const observe::KernelTree& tree)
{
    const auto word = [&tree](std::string_view name) {
        auto text = observe::attribute(tree, format("sys/class/dmi/id/{}", name));
        return lower(text).starts_with("to be filled") ? std::string() : text;
    };
    auto maker = word("board_vendor");
    auto model = word("board_name");
    if (model.empty()) {
        maker = word("sys_vendor");
        model = word("product_name");
    }
    const auto title = maker.empty() || model.starts_with(maker) ? model : maker + " " + model;
    return title.empty() ? "machine without a name" : printable(title, 64);
}

/// The driver that the kernel has for such a controller (drivers/usb/host: xhci-pci.c, ehci-pci.c, ohci-pci.c,
/// uhci-hcd.c). A recording may show it with another: vfio-pci.
std::string usual_driver(ControllerKind kind)
{
    switch (kind) {
    case ControllerKind::xhci: return "xhci_hcd";
    case ControllerKind::ehci: return "ehci-pci";
    case ControllerKind::ohci: return "ohci-pci";
    case ControllerKind::uhci: return "uhci_hcd";
    case ControllerKind::other: break;
    }
    return {};
}

std::string_view kind_title(ControllerKind kind)
{
    switch (kind) {
    case ControllerKind::xhci: return "xHCI";
    case ControllerKind::ehci: return "EHCI";
    case ControllerKind::ohci: return "OHCI";
    case ControllerKind::uhci: return "UHCI";
    case ControllerKind::other: break;
    }
    return "controller";
}

/// A driver's name as it can be shown and be a part of a path; a recording may say anything.
std::string plain_driver(const std::string& driver)
{
    return driver.empty() || is_plain_name(driver) ? driver : "unknown";
}

BoardFunction function_of(const observe::KernelTree& tree, const topology::PciController& controller,
                          const std::string& directory)
{
    BoardFunction function{
        .address = controller.address,
        .vendor = controller.vendor,
        .device = controller.device,
        .driver = controller.is_driven_by_host() && is_plain_name(controller.driver)
                      ? controller.driver
                      : usual_driver(controller.kind),
        .iommu_group = controller.iommu_group,
        .config = tree.read(format("sys/{}/config", directory), config_space_size).value_or(std::string()),
        .node = recorded_function(tree, directory)};
    if (function.node.uevent.empty())
        function.node.uevent = format("PCI_ID={:04X}:{:04X}\nPCI_SLOT_NAME={}\n", function.vendor,
                                      function.device, function.address.text());
    return function;
}

/// The root hub as recorded; a made-up one where no driver ran the controller.
DeviceModel root_hub_of(const observe::KernelTree& tree, const BoardController& controller,
                        const topology::Bus* bus, bool superspeed, std::uint8_t ports)
{
    const bool is_xhci = controller.kind == ControllerKind::xhci;
    auto model =
        root_hub(controller.name, is_xhci, superspeed, bus != nullptr && bus->ports > 0 ? bus->ports : ports);
    if (bus == nullptr) return model;
    const PortPath place(bus->number, {});
    model.recorded = std::make_shared<const RecordedDevice>(
        recorded_device(tree, format("{}/{}", controller.directory, place.text()), place, superspeed));
    return model;
}

/// Ports of a root hub that no recording shows.
std::uint8_t assumed_ports(const Board& board, const BoardController& controller, bool superspeed)
{
    const bool is_mux = board.mux && &controller == &board.controllers[*board.mux];
    if (is_mux)
        return superspeed ? board.chip->superspeed_ports()
                          : static_cast<std::uint8_t>(board.chip->routes.size());
    // An EHCI of the chip table has two, and a hub on the first. Four is a guess.
    const bool is_chipset = controller.kind == ControllerKind::ehci && board.chip != nullptr;
    return is_chipset ? 2 : 4;
}

void take_buses(const observe::KernelTree& tree, const Board& board, BoardController& controller,
                const topology::Controller& seen)
{
    const auto* usb2 = seen.usb2_bus();
    const auto* superspeed = seen.superspeed_bus();
    if (usb2 != nullptr) controller.usb2_bus = usb2->number;
    if (superspeed != nullptr) controller.superspeed_bus = superspeed->number;
    controller.usb2_hub = root_hub_of(tree, controller, usb2, false, assumed_ports(board, controller, false));
    if (superspeed != nullptr || (controller.kind == ControllerKind::xhci && seen.buses.empty()))
        controller.superspeed_hub =
            root_hub_of(tree, controller, superspeed, true, assumed_ports(board, controller, true));
}

/// Intel's hub between an EHCI of the chip table and its sockets.
void take_rate_matching_hub(const observe::KernelTree& tree, BoardController& controller,
                            const chips::EhciFunction& row)
{
    if (controller.usb2_hub.hub_ports > 3) return; // route::has_rate_matching_hub
    auto model = rate_matching_hub(row.ports);
    const PortPath place(controller.usb2_bus, {1});
    const auto directory = format("{}/usb{}/{}", controller.directory, controller.usb2_bus, place.text());
    if (controller.usb2_bus != 0 && tree.list("sys/" + directory)) {
        model.recorded =
            std::make_shared<const RecordedDevice>(recorded_device(tree, directory, place, false));
        const auto ports = parse_decimal(observe::attribute(tree, format("sys/{}/maxchild", directory)));
        if (ports && *ports >= 1 && *ports <= 31) model.hub_ports = static_cast<std::uint8_t>(*ports);
    } else if (controller.usb2_bus != 0) {
        return; // this machine has none
    }
    controller.fixed.push_back({.ports = {1}, .model = std::move(model)});
}

void take_peers(BoardController& controller, const Snapshot& snapshot)
{
    for (const auto& hub : snapshot.ports)
        for (const auto& port : *hub)
            if (port.place.bus() == controller.usb2_bus && port.place.ports().size() == 1 && port.peer &&
                port.peer->bus() == controller.superspeed_bus && port.peer->ports().size() == 1)
                controller.peers.emplace(port.place.ports().front(), port.peer->ports().front());
}

/// "xHCI", and "xHCI #2" beside it; the chipset's EHCIs have the chip table's numbers.
void give_titles(Board& board)
{
    std::map<ControllerKind, unsigned> counts;
    for (const auto& controller : board.controllers) ++counts[controller.kind];
    std::map<ControllerKind, unsigned> next;
    if (board.mux) {
        board.controllers[*board.mux].title = "xHCI";
        next[ControllerKind::xhci] = 1;
    }
    for (std::uint8_t number = 1; board.chip != nullptr && number <= board.chip->ehcis.size(); ++number)
        if (const auto index = board.ehci(number)) {
            board.controllers[*index].title = format("EHCI #{}", number);
            next[ControllerKind::ehci] = std::max<unsigned>(next[ControllerKind::ehci], number);
        }
    for (auto& controller : board.controllers) {
        if (!controller.title.empty()) continue;
        const auto kind = kind_title(controller.kind);
        controller.title = counts[controller.kind] == 1 && next[controller.kind] == 0
                               ? std::string(kind)
                               : format("{} #{}", kind, ++next[controller.kind]);
    }
}

/// The registers of the mux, made up where the recording lacks them: all at the xHCI, within masks of all that the chip
/// has, as Linux leaves a board of which firmware forbids nothing.
void complete_registers(Board& board)
{
    using namespace topology;
    for (auto& controller : board.controllers) {
        if (!controller.function) continue;
        auto& config = controller.function->config;
        const bool is_short = config.size() < observe::config_bytes_needed;
        if (config.size() < conventional_space) config.resize(conventional_space, '\0');
        if (!is_short || !board.mux || &controller != &board.controllers[*board.mux]) continue;
        write_register(config, chips::route_reg::usb2_owner, board.chip->usb2_bits());
        write_register(config, chips::route_reg::usb2_movable, board.chip->usb2_bits());
        write_register(config, chips::route_reg::superspeed_on, board.chip->superspeed_bits);
        write_register(config, chips::route_reg::superspeed_movable, board.chip->superspeed_bits);
        board.notes.emplace_back(
            "the recording lacks the routing registers; every socket is assumed to be at the xHCI");
    }
}

void find_numbers_in_use(Board& board, const observe::KernelTree& tree)
{
    const auto names = [&tree](const char* directory) {
        return tree.list(directory).value_or(std::vector<std::string>{});
    };
    const auto after = [](std::string_view name, std::string_view stem, unsigned& next) {
        if (!name.starts_with(stem)) return;
        const auto number = parse_decimal(name.substr(stem.size()));
        if (number && *number < 10'000) next = std::max(next, *number + 1);
    };
    for (const auto& name : names("sys/block"))
        if (name.size() == 3 && name.starts_with("sd")) board.disks += name[2];
    std::ranges::sort(board.disks);
    for (const auto& name : names("sys/class/input"))
        for (const auto* stem : {"input", "event"}) after(name, stem, board.next_input);
    const auto take = [&](const DeviceModel& model) {
        if (!model.recorded) return;
        for (const auto& node : model.recorded->nodes) {
            after(node.name(), "host", board.next_host);
            for (const auto* stem : {"input", "event"}) after(node.name(), stem, board.next_input);
        }
    };
    for (const auto& model : board.models) take(model);
}

} // namespace

const BoardController* Board::controller_at(const PciAddress& address) const
{
    const auto found = std::ranges::find_if(controllers, [&](const BoardController& controller) {
        return controller.function && controller.function->address == address;
    });
    return found == controllers.end() ? nullptr : &*found;
}

std::optional<std::size_t> Board::ehci(std::uint8_t number) const
{
    if (chip == nullptr || number < 1 || number > chip->ehcis.size()) return std::nullopt;
    const auto id = chip->ehcis[number - 1u].device_id;
    for (std::size_t i = 0; i < controllers.size(); ++i)
        if (controllers[i].function && controllers[i].function->vendor == chips::intel_vendor &&
            controllers[i].function->device == id)
            return i;
    return std::nullopt;
}

std::optional<std::size_t> Board::controller_of_bus(std::uint16_t bus) const
{
    if (bus == 0) return std::nullopt;
    for (std::size_t i = 0; i < controllers.size(); ++i)
        if (controllers[i].usb2_bus == bus || controllers[i].superspeed_bus == bus) return i;
    return std::nullopt;
}

std::vector<std::string> Board::socket_names() const
{
    auto names = texts_of(sockets, [](const auto& socket) { return socket.name; });
    for (const auto& alias : aliases) names.push_back(alias.name);
    return names;
}

Result<std::shared_ptr<const Board>> load_board(const observe::KernelTree& tree,
                                                const config::Settings& settings)
{
    if (!tree.list("sys"))
        return std::unexpected(
            Error(ErrorKind::not_found,
                  "not a recorded machine (it has no sys folder); `usbroute record` makes one"));
    const auto snapshot = observe::scan(tree);
    auto board = std::make_shared<Board>();
    board->title = title_of(tree);
    board->connectors = settings.connectors;
    board->hubs = settings.hubs;
    board->guests = settings.guests;
    board->has_udev_records = tree.list("run/udev/data").has_value();

    for (const auto* seen : snapshot.all_controllers()) {
        const auto directory = seen->syspath.starts_with("sys/") ? seen->syspath.substr(4) : seen->syspath;
        board->controllers.push_back({.name = printable(seen->name, 32),
                                      .title = {},
                                      .directory = directory,
                                      .kind = seen->kind,
                                      .function = std::nullopt,
                                      .driver = plain_driver(seen->driver),
                                      .usb2_hub = {},
                                      .superspeed_hub = {},
                                      .fixed = {},
                                      .peers = {}});
    }
    for (std::size_t i = 0; i < snapshot.controllers.size(); ++i)
        board->controllers[i].function =
            function_of(tree, snapshot.controllers[i], board->controllers[i].directory);
    if (const auto mux = route::find_mux(snapshot)) {
        board->chip = &*mux->family;
        board->mux = static_cast<std::size_t>(&*mux->xhci - snapshot.controllers.all().data());
    }
    const auto seen = snapshot.all_controllers();
    for (std::size_t i = 0; i < seen.size(); ++i) {
        take_buses(tree, *board, board->controllers[i], *seen[i]);
        take_peers(board->controllers[i], snapshot);
    }
    for (std::uint8_t number = 1; board->chip != nullptr && number <= board->chip->ehcis.size(); ++number)
        if (const auto index = board->ehci(number))
            take_rate_matching_hub(tree, board->controllers[*index], board->chip->ehcis[number - 1u]);
    give_titles(*board);
    complete_registers(*board);
    find_sockets(*board, snapshot);
    find_plugs(*board, tree, snapshot);
    find_numbers_in_use(*board, tree);
    return board;
}

} // namespace usbroute::sim
