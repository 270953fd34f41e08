#include "plan/handover.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/ownership.hpp"
#include "topology/connector.hpp"

#include <algorithm>
#include <array>

namespace usbroute::plan {

using config::GuestSettings;
using topology::Connector;
using topology::Controller;
using topology::GroupHolder;
using topology::PciFunction;
using topology::Side;

namespace {

constexpr std::string_view vfio = "vfio-pci";

using Found = std::optional<HandoverRefusal>;

bool gets(const GuestSettings& guest, const std::optional<PciAddress>& address)
{
    return address && std::ranges::find(guest.controllers, *address) != guest.controllers.end();
}

HandoverRefusal no_such_guest(const GuestName& guest)
{
    return {.code = "no-such-guest",
            .kind = ErrorKind::not_found,
            .sentence = format("the configuration has no guest {}, so no controller is to be given to it",
                               guest.text()),
            .evidence = {},
            .remedy = format("add [guest.{}] with controllers = [\"0000:00:1d.0\", ...] to usbroute.toml",
                             guest.text())};
}

/// Drivers that leave DMA to whoever opens the group, and the one of PCI Express ports.
bool leaves_dma_to_guests(std::string_view driver)
{
    return driver.empty() || driver == "pci-stub" || driver == "pcieport" || driver.starts_with("vfio");
}

/// "0000:00:1d.0 and 0000:00:1a.0"
std::string listed(const std::vector<PciAddress>& addresses)
{
    std::string text;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        if (i > 0) text += i + 1 == addresses.size() ? " and " : ", ";
        text += addresses[i].text();
    }
    return text;
}

Found check_there(const HandoverSituation& situation, const PciAddress& address)
{
    const auto* function = situation.look.function_at(address);
    if (function == nullptr)
        return HandoverRefusal{
            .code = "controller-not-there",
            .sentence = format("{} is not on the bus", address.text()),
            .evidence = {format("/sys/bus/pci/devices/{} is not there", address.text())},
            .remedy = "if firmware hides it, `usbroute doctor` says how to show it; else correct controllers "
                      "in the configuration: `usbroute status -v` lists those that are there"};
    if (situation.snapshot.controller_at(address) == nullptr)
        return HandoverRefusal{
            .code = "not-a-usb-controller",
            .sentence =
                format("{} is no USB controller, and usbroute hands over nothing else", address.text()),
            .evidence = {format("/sys/bus/pci/devices/{}/class is 0x{:06x}", address.text(),
                                function->class_code)},
            .remedy = "correct controllers in the configuration: `usbroute status -v` lists those that are "
                      "there"};
    return std::nullopt;
}

Found check_iommu(const Controller& controller)
{
    if (controller.iommu_group) return std::nullopt;
    return HandoverRefusal{
        .code = "iommu-off",
        .sentence = format("{} is in no IOMMU group, so it cannot be given to a guest", controller.name),
        .evidence = {format("/sys/bus/pci/devices/{}/iommu_group is not there", controller.name)},
        .remedy =
            "switch VT-d or AMD-Vi on in the firmware, and intel_iommu=on on the kernel's command line; "
            "`usbroute doctor` says which of them is missing"};
}

Found check_group(const HandoverSituation& situation, const GuestSettings& guest,
                  const Controller& controller)
{
    for (const auto& member : situation.look.functions) {
        if (member.iommu_group != controller.iommu_group || member.address == controller.address) continue;
        const auto why = why_in_the_way(member, guest, situation.settings);
        if (why.empty()) continue;
        const bool is_usb = member.is_usb_controller();
        return HandoverRefusal{
            .code = "group-shared",
            .sentence = format("{} shares IOMMU group {} with {}, and a group is given away whole",
                               controller.name, *controller.iommu_group, member.address.text()),
            .evidence = {format("{} ({}): {}", member.address.text(), member.ids(), why)},
            .remedy =
                is_usb ? format("give {} to the same guest too: add it to controllers of [guest.{}]",
                                member.address.text(), guest.name.text())
                       : format("unbind its driver if the host can do without it: echo {} > /sys/{}; a card "
                                "can be put into another slot",
                                member.address.text(), unbind_file(member.driver).substr(4))};
    }
    return std::nullopt;
}

Found check_vfio(const HandoverSituation& situation)
{
    if (situation.look.vfio_driver) return std::nullopt;
    return HandoverRefusal{.code = "vfio-not-loaded",
                           .sentence = "vfio-pci, which hands controllers to guests, is not loaded",
                           .evidence = {"/sys/bus/pci/drivers/vfio-pci is not there"},
                           .remedy = "sudo modprobe vfio-pci; for every boot: a line with vfio-pci in "
                                     "/etc/modules-load.d/usbroute.conf"};
}

/// One decision in the making: who the guest is, what changes hands, what is moved out of the way.
struct Giving {
    const HandoverSituation& situation;
    const BindRequest& request;
    const GuestSettings& guest;
    Board board;
    std::vector<const Controller*> controllers; ///< to be given, without those that are on vfio-pci already
    std::vector<MoveBefore> moves;
    std::vector<const Connector*> moved;

    [[nodiscard]] bool loses(const topology::PortPath& place) const
    {
        const auto* controller = situation.snapshot.controller_of_bus(place.bus());
        if (controller == nullptr || std::ranges::find(controllers, controller) == controllers.end())
            return false;
        return std::ranges::none_of(moved, [&](const Connector* connector) {
            const auto places = connector->places_now();
            return std::ranges::any_of(places, [&](const auto& now) { return now.contains(place); });
        });
    }
    /// The connector that a device is in, for a message; empty: in none that is known.
    [[nodiscard]] std::string connector_of(const topology::PortPath& place) const
    {
        for (const auto& connector : board.connectors)
            for (const auto& now : connector.places_now())
                if (now.contains(place)) return connector.spec.name.text();
        return {};
    }
};

/// Whether a connector can go to the other side, where the host keeps it.
bool can_step_aside(const Giving& giving, const Connector& connector)
{
    if (!connector.side || !connector.spec.bit) return false;
    const auto* away = connector.controller_on(*connector.side);
    const auto* home = connector.controller_on(topology::other(*connector.side));
    return std::ranges::find(giving.controllers, away) != giving.controllers.end() && home != nullptr &&
           home->is_driven_by_host() && !gets(giving.guest, home->address) &&
           (giving.board.mux->movable_bits() & connector.spec.bit->mask()) != 0;
}

void choose_moves(Giving& giving)
{
    for (const auto& connector : giving.board.connectors) {
        if (!can_step_aside(giving, connector)) continue;
        const auto to = topology::other(*connector.side);
        auto move = std::ranges::find(giving.moves, to, &MoveBefore::to);
        if (move == giving.moves.end())
            move = giving.moves.insert(move, MoveBefore{.to = to, .connectors = {}});
        move->connectors.push_back(connector.spec.name);
        giving.moved.push_back(&connector);
    }
}

std::string way_out(const Giving& giving, const topology::PortPath& place)
{
    for (const auto& connector : giving.board.connectors) {
        const auto places = connector.places_now();
        const bool holds = std::ranges::any_of(places, [&](const auto& now) { return now.contains(place); });
        if (holds && can_step_aside(giving, connector))
            return "move its connector to the other side: --move-first does it for all on that controller";
    }
    return "plug it into a socket of another controller";
}

Found check_keyboards(const Giving& giving)
{
    if (giving.request.yes) return std::nullopt;
    const topology::Device* last = nullptr;
    for (const auto& device : giving.situation.snapshot.devices) {
        if (!device->is_keyboard()) continue;
        if (!giving.loses(device->path)) return std::nullopt; // this one stays
        last = device.get();
    }
    if (last == nullptr) return std::nullopt;
    const auto* controller = giving.situation.snapshot.controller_of_bus(last->path.bus());
    const auto connector = giving.connector_of(last->path);
    return HandoverRefusal{
        .code = "last-keyboard",
        .sentence = format("{} has the host's only keyboard: {}", controller->name, last->shown()),
        .evidence = {connector.empty() ? format("it is at {}", last->path.text())
                                       : format("it is in {}, at {}", connector, last->path.text())},
        .remedy = way_out(giving, last->path) + "; or say yes: --yes"};
}

Found check_disks(const Giving& giving)
{
    for (const auto& disk : topology::disks_in_use(giving.situation.snapshot, giving.situation.use)) {
        if (!giving.loses(disk.usb)) continue;
        const auto* controller = giving.situation.snapshot.controller_of_bus(disk.usb.bus());
        return HandoverRefusal{.code = "disk-in-use",
                               .sentence = format("{} has disk {}, which the host uses", controller->name,
                                                  printable(disk.disk, 32)),
                               .evidence = {format("{}, {}", printable(join(disk.chain, " > ")), disk.use)},
                               .remedy = "unmount it first"};
    }
    return std::nullopt;
}

FunctionHandover give(const HandoverSituation& situation, const Controller& controller)
{
    const auto address = *controller.address;
    const auto* state = situation.look.state_of(address);
    FunctionHandover handover{.function = address,
                              .driver_before = controller.driver,
                              .override_before = state == nullptr ? "" : state->driver_override,
                              .override_after = std::string(vfio),
                              .driver_after = std::string(vfio),
                              .steps = {}};
    if (handover.override_before != vfio)
        handover.steps.push_back({.file = override_file(address),
                                  .text = std::string(vfio),
                                  .reason = "of all drivers only vfio-pci may take this function now"});
    if (!controller.driver.empty())
        handover.steps.push_back({.file = unbind_file(controller.driver),
                                  .text = address.text(),
                                  .reason = "the host lets go; what is plugged in there leaves"});
    handover.steps.push_back({.file = std::string(probe_file),
                              .text = address.text(),
                              .reason = "the kernel looks for a driver again, and finds vfio-pci"});
    return handover;
}

FunctionHandover take(const HandoverSituation& situation, const Controller& controller)
{
    const auto address = *controller.address;
    const auto* state = situation.look.state_of(address);
    FunctionHandover handover{.function = address,
                              .driver_before = controller.driver,
                              .override_before = state == nullptr ? "" : state->driver_override,
                              .override_after = {},
                              .driver_after = {},
                              .steps = {}};
    if (!handover.override_before.empty())
        handover.steps.push_back({.file = override_file(address),
                                  .text = "\n",
                                  .reason = "any driver that fits may take this function again"});
    if (controller.is_driven_by_host()) return handover; // it was held for the next probe only
    if (!controller.driver.empty())
        handover.steps.push_back({.file = unbind_file(controller.driver),
                                  .text = address.text(),
                                  .reason = "no guest has it open, so it lets go at once"});
    handover.steps.push_back({.file = std::string(probe_file),
                              .text = address.text(),
                              .reason = "the kernel looks for a driver again, and finds its own"});
    return handover;
}

/// What may be wrong with one controller, in the order in which it has to be put right.
Found check_controller(const HandoverSituation& situation, const GuestSettings& guest,
                       const PciAddress& address)
{
    if (auto refusal = check_there(situation, address)) return refusal;
    const auto& controller = *situation.snapshot.controller_at(address);
    if (auto refusal = check_iommu(controller)) return refusal;
    if (is_given_to_guest(controller)) return std::nullopt;
    if (auto refusal = check_vfio(situation)) return refusal;
    return check_group(situation, guest, controller);
}

Found check_holders(const HandoverSituation& situation, const GuestSettings& guest)
{
    for (const auto& address : guest.controllers) {
        const auto* controller = situation.snapshot.controller_at(address);
        if (controller == nullptr || !is_given_to_guest(*controller) || !controller->iommu_group) continue;
        const auto held =
            std::ranges::find(situation.holders.holders, *controller->iommu_group, &GroupHolder::group);
        if (held == situation.holders.holders.end()) continue;
        return HandoverRefusal{
            .code = "guest-running",
            .sentence =
                format("a guest is using {}: the kernel would wait until it lets go", controller->name),
            .evidence = {format("process {} ({}) has IOMMU group {} open", held->process,
                                printable(held->command, 32), held->group)},
            .remedy = "shut the guest down first, or take the controller out of it (device_del in QEMU's "
                      "monitor, virsh detach-device)"};
    }
    return std::nullopt;
}

} // namespace

std::string shell_line(const BindingStep& step)
{
    const auto text = step.text == "\n" ? std::string() : step.text;
    return text.empty() ? format("echo > /{}", step.file) : format("echo {} > /{}", text, step.file);
}

std::string override_file(const PciAddress& function)
{
    return format("sys/bus/pci/devices/{}/driver_override", function.text());
}

std::string unbind_file(std::string_view driver) { return format("sys/bus/pci/drivers/{}/unbind", driver); }

bool FunctionHandover::is_done_with(std::string_view driver) const
{
    return driver_after.empty() ? !driver.empty() && !leaves_dma_to_guests(driver) : driver == driver_after;
}

Error error_from(const HandoverRefusal& refusal)
{
    auto text = refusal.sentence;
    if (!refusal.evidence.empty()) text += format(" ({})", join(refusal.evidence, "; "));
    if (!refusal.remedy.empty()) text += "; " + refusal.remedy;
    return Error(refusal.kind, std::move(text)).with_code(refusal.code);
}

HandoverOutcome plan_bind(const HandoverSituation& situation, const BindRequest& request)
{
    const auto* guest = situation.settings.guest(request.guest);
    if (guest == nullptr) return no_such_guest(request.guest);
    Handover handover{.title = format("give {} to {}", listed(guest->controllers), guest->name.text()),
                      .guest = guest->name,
                      .moves = {},
                      .functions = {},
                      .already = {},
                      .warnings = {}};
    for (const auto& address : guest->controllers)
        if (auto refusal = check_controller(situation, *guest, address)) return *refusal;

    Giving giving{.situation = situation,
                  .request = request,
                  .guest = *guest,
                  .board = look_at_board(situation.snapshot, situation.settings),
                  .controllers = {},
                  .moves = {},
                  .moved = {}};
    for (const auto& address : guest->controllers) {
        const auto* controller = situation.snapshot.controller_at(address);
        if (is_given_to_guest(*controller))
            handover.already.push_back(address);
        else
            giving.controllers.push_back(controller);
    }
    if (request.move_first) choose_moves(giving);
    if (auto refusal = check_disks(giving)) return *refusal;
    if (auto refusal = check_keyboards(giving)) return *refusal;
    for (const auto* controller : giving.controllers)
        handover.functions.push_back(give(situation, *controller));
    handover.moves = std::move(giving.moves);
    handover.warnings = advice_for(giving.board, *guest);
    return handover;
}

HandoverOutcome plan_release(const HandoverSituation& situation, const GuestName& name)
{
    const auto* guest = situation.settings.guest(name);
    if (guest == nullptr) return no_such_guest(name);
    Handover handover{.title = format("give {} back to the host", listed(guest->controllers)),
                      .guest = guest->name,
                      .moves = {},
                      .functions = {},
                      .already = {},
                      .warnings = {}};
    for (const auto& address : guest->controllers)
        if (auto refusal = check_there(situation, address)) return *refusal;
    if (auto refusal = check_holders(situation, *guest)) return *refusal;
    for (const auto& address : guest->controllers) {
        const auto& controller = *situation.snapshot.controller_at(address);
        const auto* state = situation.look.state_of(address);
        const bool is_forced = state != nullptr && !state->driver_override.empty();
        if (controller.is_driven_by_host() && !is_forced)
            handover.already.push_back(address);
        else
            handover.functions.push_back(take(situation, controller));
    }
    return handover;
}

std::string why_in_the_way(const PciFunction& member, const GuestSettings& guest,
                           const config::Settings& settings)
{
    if (gets(guest, member.address)) return {};
    const auto other = std::ranges::find_if(
        settings.guests, [&](const GuestSettings& each) { return gets(each, member.address); });
    if (other != settings.guests.end()) return format("guest {} is to have it", other->name.text());
    constexpr std::uint32_t bridge_between_buses = 0x0604; // PCI code and ID assignment
    if (member.class_code >> 8u == bridge_between_buses || leaves_dma_to_guests(member.driver)) return {};
    return format("the host uses it, by {}", printable(member.driver, 32));
}

std::vector<std::string> advice_for(const Board& board, const GuestSettings& guest)
{
    std::vector<std::string> advice;
    if (!board.mux || !gets(guest, board.mux->xhci->address)) return advice;
    advice.push_back(format(
        "{} is to have the xHCI {}, and with it the routing registers: it can move every socket at will, and "
        "what usbroute routes then is advice; better give it the EHCIs and keep the xHCI, which also keeps "
        "SuperSpeed with the host",
        guest.name.text(), board.mux->xhci->name));
    return advice;
}

std::vector<const Connector*> connectors_within_reach(const Board& board, const PciAddress& controller)
{
    std::vector<const Connector*> within;
    for (const auto& connector : board.connectors) {
        if (!connector.spec.bit) {
            const auto& places = connector.spec.places;
            if (!places.empty() && places.front().controller == controller) within.push_back(&connector);
            continue;
        }
        for (const auto side : {Side::ehci, Side::xhci}) {
            const auto* there = connector.controller_on(side);
            if (there == nullptr || there->address != controller) continue;
            const bool is_there = connector.side == side;
            const bool may_move = board.mux && (board.mux->movable_bits() & connector.spec.bit->mask()) != 0;
            if (is_there || may_move || board.mux->bits == nullptr) within.push_back(&connector);
        }
    }
    return within;
}

} // namespace usbroute::plan
