// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/handover_policy.hpp"

#include "base/format.hpp"
#include "base/groups.hpp"
#include "base/text.hpp"
#include "plan/expected.hpp"
#include "plan/ownership.hpp"
#include "plan/plan.hpp"
#include "topology/connector.hpp"

#include <algorithm>

namespace usbroute::plan {

using chips::PciFunction;
using config::GuestSettings;
using topology::Connector;
using topology::GroupHolder;
using topology::PciController;

namespace {

/// What to switch on, by who made the processor: the vendor of the bridge to the host, 00:00.0.
std::string iommu_remedy(const HandoverSituation& situation)
{
    constexpr std::uint16_t intel = 0x8086;
    constexpr std::uint16_t amd = 0x1022;
    constexpr std::uint16_t ati = 0x1002; // made AMD's bridges up to SR5690 and RD890
    const auto bridge = std::ranges::find_if(situation.look.functions, [](const PciFunction& function) {
        return function.class_code >> 8u == 0x0600; // PCI code and ID assignment
    });
    const auto vendor = bridge == situation.look.functions.end() ? std::uint16_t{0} : bridge->vendor;
    if (vendor == amd || vendor == ati)
        return "switch the IOMMU (AMD-Vi) on in the firmware, and remove amd_iommu=off and iommu=off from the kernel's command line; `usbroute doctor` says which of them is missing";
    return vendor == intel
               ? "switch VT-d on in the firmware, and put intel_iommu=on on the kernel's command line; "
                 "`usbroute doctor` says which of them is missing"
               : "switch VT-d or AMD-Vi on in the firmware, and for VT-d put intel_iommu=on on the kernel's command line; `usbroute doctor` says which of them is missing";
}

std::optional<Refusal> check_iommu(const HandoverSituation& situation, const PciController& controller)
{
    if (controller.iommu_group) return std::nullopt;
    return Refusal{
        .reason = Reason::iommu_off,
        .subject = controller.name,
        .sentence = format("{} is in no IOMMU group, so it cannot be given to a guest", controller.name),
        .remedy = iommu_remedy(situation),
        .evidence = {format("/sys/bus/pci/devices/{}/iommu_group does not exist", controller.name)}};
}

/// Names all that are in the way at once; what to do about them is for `remedy_for_group`.
std::optional<Refusal> check_group(const HandoverSituation& situation, const GuestSettings& guest,
                                   const PciController& controller)
{
    std::vector<std::string> names;
    std::vector<std::string> evidence;
    for (const auto& member : situation.look.functions) {
        if (member.iommu_group != controller.iommu_group || member.address == controller.address) continue;
        const auto why = why_in_the_way(member, guest, situation.settings);
        if (why.empty()) continue;
        names.push_back(member.address.text());
        evidence.push_back(format("{} ({}): {}", member.address.text(), member.ids(), why));
    }
    if (names.empty()) return std::nullopt;
    return Refusal{.reason = Reason::group_shared,
                   .subject = controller.name,
                   .sentence = format("{} shares IOMMU group {} with {}, and a group is given away whole",
                                      controller.name, *controller.iommu_group, join(names, ", ")),
                   .remedy = {},
                   .evidence = std::move(evidence)};
}

std::optional<Refusal> check_vfio(const HandoverSituation& situation)
{
    if (situation.look.vfio_driver) return std::nullopt;
    return Refusal{
        .reason = Reason::vfio_not_loaded,
        .subject = std::string(assign::vfio),
        .sentence = "vfio-pci, which hands controllers to guests, is not loaded",
        .remedy =
            "sudo modprobe vfio-pci; for every boot: a line with vfio-pci in /etc/modules-load.d/usbroute.conf",
        .evidence = {"/sys/bus/pci/drivers/vfio-pci does not exist"}};
}

bool holds(const Connector& connector, const topology::PortPath& place)
{
    const auto places = connector.places_now();
    return std::ranges::any_of(places, [&](const auto& now) { return now.contains(place); });
}

/// Whether a connector can go to the other side, where the host keeps it.
bool can_step_aside(const Giving& giving, const Connector& connector)
{
    const auto side = connector.side();
    if (!side || !connector.spec.bit) return false;
    const auto* away = connector.controller_at(*side);
    const auto* home = connector.controller_at(topology::other(*side));
    return std::ranges::find(giving.controllers, away) != giving.controllers.end() && home != nullptr &&
           home->is_driven_by_host() && !gets(giving.guest, home->address) &&
           (giving.board.mux->movable_bits() & connector.spec.bit->mask()) != 0;
}

/// The connector that a device is in; null: in none that is known, or its controller has it where the connector is not.
const Connector* connector_of(const Giving& giving, const topology::PortPath& place)
{
    const auto* found = giving.board.connector_of(place);
    return found != nullptr && holds(*found, place) ? found : nullptr;
}

std::string way_out(const Giving& giving, const Connector* connector)
{
    if (connector != nullptr && can_step_aside(giving, *connector))
        return "move its connector to the other side: --move-first does it for all on that controller";
    return giving.leaves_no_controller() ? "the host keeps no other USB controller to plug it into"
                                         : "plug it into a socket of another controller";
}

} // namespace

bool gets(const GuestSettings& guest, const PciAddress& address)
{
    return std::ranges::find(guest.controllers, address) != guest.controllers.end();
}

bool Giving::loses(const topology::PortPath& place) const
{
    const auto* controller = situation.snapshot.pci_controller_of_bus(place.bus());
    if (controller == nullptr || std::ranges::find(controllers, controller) == controllers.end())
        return false;
    return std::ranges::none_of(moved, [&](const Connector* connector) { return holds(*connector, place); });
}

void choose_moves(Giving& giving)
{
    for (const auto& connector : giving.board.connectors) {
        if (!can_step_aside(giving, connector)) continue;
        const auto to = topology::other(*connector.side());
        group_with(giving.moves, &MoveBefore::to, to).connectors.push_back(connector.spec.name);
        giving.moved.push_back(&connector);
    }
}

std::optional<Refusal> check_there(const HandoverSituation& situation, const PciAddress& address)
{
    const auto* function = situation.look.function_at(address);
    if (function == nullptr)
        return Refusal{
            .reason = Reason::controller_not_there,
            .subject = address.text(),
            .sentence = format("{} is not on the bus", address.text()),
            .remedy = "if firmware hides it, `usbroute doctor` says how to show it; else correct controllers "
                      "in the configuration: `usbroute status -v` lists those that are there",
            .evidence = {format("/sys/bus/pci/devices/{} does not exist", address.text())}};
    if (situation.snapshot.controller_at(address) != nullptr) return std::nullopt;
    // The bus was looked at twice, and the controller came or went in between.
    if (function->is_usb_controller())
        return Refusal{.reason = Reason::controller_not_there,
                       .subject = address.text(),
                       .sentence =
                           format("{} is appearing on the bus or leaving it right now", address.text()),
                       .remedy = "try again",
                       .evidence = {format("/sys/bus/pci/devices/{} was there in only one of two looks",
                                           address.text())}};
    return Refusal{
        .reason = Reason::not_a_usb_controller,
        .subject = address.text(),
        .sentence =
            format("{} is not a USB controller, and usbroute hands over nothing else", address.text()),
        .remedy = "correct controllers in the configuration: `usbroute status -v` lists those that are there",
        .evidence = {
            format("/sys/bus/pci/devices/{}/class is 0x{:06x}", address.text(), function->class_code)}};
}

/// What may be wrong with one controller, in the order in which it has to be put right.
std::optional<Refusal> check_controller(const HandoverSituation& situation, const GuestSettings& guest,
                                        const PciAddress& address)
{
    if (auto refusal = check_there(situation, address)) return refusal;
    const auto& controller = *situation.snapshot.controller_at(address);
    if (auto refusal = check_iommu(situation, controller)) return refusal;
    if (is_given_to_guest(controller)) return std::nullopt;
    if (auto refusal = check_vfio(situation)) return refusal;
    return check_group(situation, guest, controller);
}

std::optional<Refusal> check_holders(const HandoverSituation& situation, const GuestSettings& guest)
{
    for (const auto& address : guest.controllers) {
        const auto* controller = situation.snapshot.controller_at(address);
        if (controller == nullptr || !is_given_to_guest(*controller) || !controller->iommu_group) continue;
        const auto held =
            std::ranges::find(situation.holders.holders, *controller->iommu_group, &GroupHolder::group);
        if (held == situation.holders.holders.end()) continue;
        return Refusal{
            .reason = Reason::guest_running,
            .subject = controller->name,
            .sentence =
                format("a guest is using {}: the kernel would wait until it lets go", controller->name),
            .remedy = "shut the guest down first, or take the controller out of it (device_del in QEMU's "
                      "monitor, virsh detach-device)",
            .evidence = {format("process {} ({}) has IOMMU group {} open", held->process,
                                printable(held->command, 32), held->group)}};
    }
    return std::nullopt;
}

std::vector<Departure> Giving::departures() const
{
    std::vector<Departure> found;
    for (const auto& device : situation.snapshot.devices) {
        if (!loses(device->path)) continue;
        const auto* connector = connector_of(*this, device->path);
        if (connector == nullptr && device->is_hub())
            continue; // as the rate matching hub: connectors are behind it
        const auto* controller = situation.snapshot.controller_of_bus(device->path.bus());
        const auto from = connector == nullptr ? controller->name : connector->spec.name.text();
        auto& known = group_with(found, &Departure::from, from);
        if (!known.has(device->path))
            known.places.push_back(device->path); // a hub stands for what is behind it
    }
    return found;
}

bool Giving::leaves_no_controller() const
{
    return std::ranges::none_of(situation.snapshot.controllers, [&](const PciController& controller) {
        return controller.is_driven_by_host() &&
               std::ranges::find(controllers, &controller) == controllers.end();
    });
}

std::optional<Refusal> check_keyboards(const Giving& giving)
{
    if (giving.request.yes) return std::nullopt;
    const auto& snapshot = giving.situation.snapshot;
    const auto goes = [&](const topology::PortPath& place) { return giving.loses(place); };
    const auto loss = topology::loss_of(topology::keyboards(snapshot, giving.situation.use.inputs), goes);
    if (!loss.is_total()) return std::nullopt;
    // A keyboard with several places hangs at one of them; the first that goes stands for it.
    const auto& keyboard = loss.going.front();
    const auto place = *std::ranges::find_if(
        keyboard.places, [&](const topology::PortPath& where) { return giving.loses(where); });
    const auto* controller = snapshot.controller_of_bus(place.bus());
    const auto* connector = connector_of(giving, place);
    std::vector<std::string> evidence{
        connector == nullptr
            ? format("{} at {}", loss.going.size() == 1 ? "it is" : "the first is", place.text())
            : format("{} in {}, at {}", loss.going.size() == 1 ? "it is" : "the first is",
                     connector->spec.name.text(), place.text())};
    if (!loss.doubtful.empty()) evidence.push_back(loss.left());
    if (!loss.uncounted.empty()) evidence.push_back("not counted: " + topology::list_of(loss.uncounted));
    return Refusal{.reason = Reason::last_keyboard,
                   .subject = controller->name,
                   .sentence = format("{} has the host's {}: {}", controller->name,
                                      loss.going.size() == 1 ? "only keyboard" : "last keyboards",
                                      topology::short_list_of(loss.going)),
                   .remedy = way_out(giving, connector) + "; or say yes: --yes",
                   .evidence = std::move(evidence)};
}

std::optional<Refusal> check_disks(const Giving& giving)
{
    for (const auto& disk : topology::disks_in_use(giving.situation.snapshot, giving.situation.use)) {
        if (!giving.loses(disk.usb)) continue;
        const auto* controller = giving.situation.snapshot.controller_of_bus(disk.usb.bus());
        return Refusal{.reason = Reason::disk_in_use,
                       .subject = controller->name,
                       .sentence = format("{} has disk {}, which the host uses", controller->name,
                                          printable(disk.disk, 32)),
                       .remedy = disk.runs_the_system()
                                     ? "the host runs from it: plug it into a socket of another controller"
                                     : "unmount it first",
                       .evidence = {printable(join(disk.chain, " > "))}};
    }
    return std::nullopt;
}

std::optional<Refusal> check_expected(const Giving& giving)
{
    const auto& snapshot = giving.situation.snapshot;
    for (const auto& connector : giving.board.connectors) {
        const auto* device = unexpected_in(snapshot, giving.board, connector);
        if (device == nullptr || !giving.loses(device->path)) continue;
        auto refusal = not_expected(connector, *device);
        refusal.evidence.push_back(format("it is at {}, on {}", device->path.text(),
                                          snapshot.controller_of_bus(device->path.bus())->name));
        return refusal;
    }
    return std::nullopt;
}

std::optional<Refusal> check_moves(const Giving& giving)
{
    const auto& situation = giving.situation;
    for (const auto& move : giving.moves) {
        const auto outcome = make_plan({.snapshot = situation.snapshot,
                                        .settings = situation.settings,
                                        .use = situation.use,
                                        .last_change = {},
                                        .standing = {}},
                                       {.wish = MoveRequest{.connectors = move.connectors, .to = move.to},
                                        .yes = giving.request.yes,
                                        .force_disks = {}});
        const auto* refusal = std::get_if<Refusal>(&outcome);
        if (refusal == nullptr) continue;
        const bool may_be_unmounted =
            refusal->reason == Reason::disk_in_use && refusal->remedy.starts_with("unmount");
        auto why = *refusal;
        why.evidence.push_back(
            format("{} would have to go to {} first", refusal->subject, topology::text_of(move.to)));
        if (may_be_unmounted) why.remedy = "unmount it first";
        return why;
    }
    return std::nullopt;
}

std::string why_in_the_way(const PciFunction& member, const GuestSettings& guest,
                           const config::Settings& settings)
{
    if (gets(guest, member.address)) return {};
    const auto other = std::ranges::find_if(
        settings.guests, [&](const GuestSettings& each) { return gets(each, member.address); });
    if (other != settings.guests.end()) return format("guest {} is to have it", other->name.text());
    constexpr std::uint32_t bridge_between_buses = 0x0604; // PCI code and ID assignment
    if (member.class_code >> 8u == bridge_between_buses || assign::leaves_dma_to_guests(member.driver))
        return {};
    return format("the host uses it, by {}", printable(member.driver, 32));
}

} // namespace usbroute::plan
