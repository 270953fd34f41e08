// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/assigning.hpp"
#include "plan/ownership.hpp"
#include "report/guests.hpp"

#include <algorithm>
#include <array>

namespace usbroute::report {

using chips::PciFunction;
using plan::HandoverSituation;

namespace {

struct ClassWords {
    std::uint32_t beginning; ///< of the 24 bits of the class code
    std::uint32_t mask;
    std::string_view words;
};

/// PCI code and ID assignment, those that a USB controller is found beside; the first that fits.
constexpr std::array<ClassWords, 13> class_words{{
    {0x0c0330, 0xffffff, "xHCI"},
    {0x0c0320, 0xffffff, "EHCI"},
    {0x0c0310, 0xffffff, "OHCI"},
    {0x0c0300, 0xffffff, "UHCI"},
    {0x0c0500, 0xffff00, "SMBus"},
    {0x010600, 0xffff00, "SATA controller"},
    {0x010000, 0xff0000, "disk controller"},
    {0x020000, 0xff0000, "network"},
    {0x030000, 0xff0000, "graphics"},
    {0x040000, 0xff0000, "sound"},
    {0x060000, 0xff0000, "bridge"},
    {0x070000, 0xff0000, "serial or modem"},
    {0x0c0000, 0xff0000, "serial bus"},
}};

std::string kind_of(const PciFunction& function)
{
    for (const auto& row : class_words)
        if ((function.class_code & row.mask) == row.beginning) return std::string(row.words);
    return format("class 0x{:06x}", function.class_code);
}

std::string reset_of(const topology::HandoverState& state)
{
    const bool by_capability = state.function_level_reset.value_or(false);
    if (state.reset_methods) {
        const auto& methods = *state.reset_methods;
        for (const auto& method : methods)
            if (method == "flr" || method == "af_flr") return "flr";
        return methods.empty() ? "none" : printable(join(methods, " "), 64);
    }
    if (by_capability) return "flr";
    return state.function_level_reset ? "no-flr" : "unknown";
}

std::vector<GroupMemberView> others_of(const HandoverSituation& situation, const config::GuestSettings& guest,
                                       const PciFunction& function)
{
    std::vector<GroupMemberView> others;
    if (!function.iommu_group) return others;
    for (const auto& member : situation.look.functions) {
        if (member.iommu_group != function.iommu_group || member.address == function.address) continue;
        others.push_back({.address = member.address.text(),
                          .kind = kind_of(member),
                          .id = member.ids(),
                          .driver = printable(member.driver, 64),
                          .in_the_way = plan::why_in_the_way(member, guest, situation.settings)});
    }
    return others;
}

std::string state_of(const topology::Controller* controller)
{
    if (controller == nullptr) return "not-usb";
    switch (controller->hold()) {
    case topology::Hold::nobody: return "no-driver";
    case topology::Hold::host: return "host";
    case topology::Hold::guest: return "guest";
    case topology::Hold::stub: return "stub";
    }
    return "no-driver";
}

GuestControllerView controller_view(const HandoverSituation& situation, const plan::Board& board,
                                    const config::GuestSettings& guest, const PciAddress& address)
{
    GuestControllerView view;
    view.address = address.text();
    const auto* function = situation.look.function_at(address);
    if (function == nullptr) {
        view.state = "absent";
        return view;
    }
    view.kind = kind_of(*function);
    view.id = function->ids();
    view.driver = printable(function->driver, 64);
    view.state = state_of(situation.snapshot.controller_at(address));
    view.others = others_of(situation, guest, *function);
    if (const auto* state = situation.look.state_of(address)) {
        view.reset = reset_of(*state);
        view.driver_override = printable(state->driver_override, 64);
    }
    if (function->iommu_group) {
        view.iommu_group = static_cast<int>(*function->iommu_group);
        for (const auto& holder : situation.holders.holders)
            if (holder.group == *function->iommu_group)
                view.holders.push_back(
                    {.process = static_cast<int>(holder.process), .command = printable(holder.command, 32)});
    }
    for (const auto* connector : plan::connectors_within_reach(board, address))
        view.connectors.push_back(connector->spec.name.text());
    return view;
}

std::string state_of(const GuestView& guest)
{
    const auto has = [&](std::string_view state) {
        return std::ranges::count(guest.controllers, state, &GuestControllerView::state);
    };
    const auto all = std::ssize(guest.controllers);
    if (all == 0) return "takes-devices";
    const bool is_running =
        std::ranges::any_of(guest.controllers, [](const auto& c) { return !c.holders.empty(); });
    if (is_running) return "running";
    if (has("guest") == all) return "given";
    if (has("guest") > 0) return "partly-given";
    if (has("absent") == all) return "absent";
    if (has("not-usb") + has("absent") == all) return "not-usb";
    return has("host") > 0 ? "with-host" : "with-nobody";
}

void note(std::vector<std::string>& notes, const GuestView& guest,
          const std::vector<GuestControllerView>& controllers)
{
    for (const auto& controller : controllers) {
        if (controller.state == "absent")
            notes.push_back(format("{} is not on the bus; firmware may hide it: `usbroute doctor` says more",
                                   controller.address));
        else if (controller.state == "not-usb")
            notes.push_back(format("{} is not a USB controller", controller.address));
        else if (!controller.iommu_group)
            notes.push_back(format(
                "{} is in no IOMMU group, so it cannot be given away; `usbroute doctor` says what is missing",
                controller.address));
        if (controller.state == "stub")
            notes.push_back(format(
                "{} is on {}, from which neither the host nor the guest has it; {} it first: sudo usbroute guest {} {}",
                controller.address, controller.driver, guest.bind == "running" ? "give" : "bind",
                guest.bind == "running" ? "assign" : "bind", guest.name));
        for (const auto& other : controller.others)
            if (!other.in_the_way.empty())
                notes.push_back(format("{} cannot be given alone: {} is in its group, and {}",
                                       controller.address, other.address, other.in_the_way));
    }
}

std::vector<std::string> notes_on(const GuestView& guest)
{
    std::vector<std::string> notes;
    note(notes, guest, guest.controllers);
    note(notes, guest, guest.on_move);
    return notes;
}

/// Those of its controllers that it does not have all the time are in nobody's way, either.
config::GuestSettings with_all_controllers(config::GuestSettings guest)
{
    guest.controllers.insert(guest.controllers.end(), guest.on_move.begin(), guest.on_move.end());
    return guest;
}

GuestView guest_view(const HandoverSituation& situation, const plan::Board& board,
                     const config::GuestSettings& guest)
{
    GuestView view;
    view.name = guest.name.text();
    view.bind = config::text_of(guest.bind);
    view.when_off = config::text_of(guest.when_off);
    view.qmp = printable(guest.qmp, 107);
    if (guest.libvirt) {
        view.libvirt = printable(guest.libvirt->domain, 256);
        view.uri = guest.libvirt->uri();
        view.user = guest.libvirt->user;
    }
    view.may_take_last_keyboard = guest.may_take_last_keyboard;
    if (guest.takes_devices()) view.on_plug = config::text_of(guest.on_plug);
    for (const auto& address : guest.controllers) {
        view.controllers.push_back(controller_view(situation, board, guest, address));
        const auto& controller = view.controllers.back();
        if (controller.state != "guest") continue;
        for (const auto& name : controller.connectors)
            if (std::ranges::find(view.connectors, name) == view.connectors.end())
                view.connectors.push_back(name);
    }
    for (const auto& address : guest.on_move)
        view.on_move.push_back(controller_view(situation, board, with_all_controllers(guest), address));
    for (const auto& connector : board.connectors)
        if (connector.seat(guest.name) != nullptr) view.connectors.push_back(connector.spec.name.text());
    view.state = state_of(view);
    view.notes = notes_on(view);
    auto advice = plan::advice_for(board, guest);
    view.notes.insert(view.notes.end(), advice.begin(), advice.end());
    return view;
}

std::string word_for(const GuestControllerView& controller, const assign::InGuest& seen)
{
    const auto address = PciAddress::parse(controller.address);
    const auto* held = address ? seen.find(*address) : nullptr;
    if (held == nullptr) return "no";
    return held->farewell == assign::Farewell::none ? "yes" : std::string(assign::text_of(held->farewell));
}

} // namespace

GuestsView guests_view(const HandoverSituation& situation)
{
    const auto board = plan::look_at_board(situation.snapshot, situation.settings);
    GuestsView view;
    view.holders_seen = situation.holders.complete;
    for (const auto& guest : situation.settings.guests)
        view.guests.push_back(guest_view(situation, board, guest));
    return view;
}

void show_in_guest(GuestView& guest, const assign::InGuest& seen)
{
    if (seen.machine != assign::MachineState::there) return;
    const GuestName name(guest.name);
    const auto missing = static_cast<std::size_t>(
        std::ranges::count_if(guest.controllers, [&](const GuestControllerView& controller) {
            const auto address = PciAddress::parse(controller.address);
            return address && seen.find(*address) == nullptr;
        }));
    if (seen.free_places.size() < missing)
        guest.notes.push_back(plan::words_for_root_ports(name, !guest.libvirt.empty(), seen, missing));
    for (auto& controller : guest.on_move) controller.in_guest = word_for(controller, seen);
    for (auto& controller : guest.controllers) {
        const auto address = PciAddress::parse(controller.address);
        const auto* held = address ? seen.find(*address) : nullptr;
        controller.in_guest = word_for(controller, seen);
        if (held != nullptr && assign::is_awaited(held->farewell))
            guest.notes.push_back(format(
                "{0} was asked to let go of {1} and has not done so: {2}; `sudo usbroute guest unassign {0}` "
                "goes on then",
                guest.name, controller.address, assign::what_ends_silence(name)));
        if (held == nullptr && controller.state == "guest")
            guest.notes.push_back(
                format("{1} is on vfio-pci, and {0} runs without it: `sudo usbroute guest assign "
                       "{0}` gives it, `sudo usbroute guest unassign {0}` gives the host what is "
                       "its own",
                       guest.name, controller.address));
    }
}

} // namespace usbroute::report
