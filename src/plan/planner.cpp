// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "plan/board.hpp"
#include "plan/plan.hpp"
#include "plan/policy.hpp"
#include "plan/resolve.hpp"

#include <algorithm>

namespace usbroute::plan {

using topology::RouteRegister;
using topology::Side;

namespace {

void set_bit(BitChange& change, std::uint32_t mask, std::uint32_t now, bool on)
{
    if (((now & mask) != 0) == on) return;
    change.mask |= mask;
    change.before |= now & mask;
    if (on) change.after |= mask;
}

/// The SuperSpeed half follows its socket: on before the wires go to xHCI, off when they go to EHCI.
void add_superspeed(Plan& plan, const topology::Mux& mux, const Wanted& wanted)
{
    const auto& connector = *wanted.connector;
    if (!connector.spec.superspeed || (!wanted.named && connector.side == wanted.side)) return;
    const auto mask = connector.spec.superspeed->mask();
    const bool on = wanted.superspeed.value_or(wanted.side == Side::xhci);
    if (((mux.bits->superspeed_on & mask) != 0) == on) return;
    if ((mux.movable_superspeed_bits() & mask) == 0) {
        plan.warnings.push_back(format("firmware does not let SuperSpeed port {} of {} be switched (USB3PRM "
                                       "is 0x{:x}): a USB 3 device may stay on xHCI",
                                       connector.spec.superspeed->value, connector.spec.name.text(),
                                       mux.bits->superspeed_movable));
        return;
    }
    set_bit(plan.change.superspeed, mask, mux.bits->superspeed_on, on);
}

/// What the request wants of this connector, whether it has it already or not.
void add_to_whole(Plan& plan, const Wanted& wanted)
{
    const auto& connector = *wanted.connector;
    const auto add = [](BitChange& change, std::uint32_t mask, bool on) {
        change.mask |= mask;
        if (on) change.after |= mask;
    };
    add(plan.whole.usb2, connector.spec.bit->mask(), wanted.side == Side::xhci);
    if (connector.spec.superspeed && wanted.named)
        add(plan.whole.superspeed, connector.spec.superspeed->mask(),
            wanted.superspeed.value_or(wanted.side == Side::xhci));
}

void add_owner_before(Change& change, const std::string& owner, std::uint32_t bit)
{
    const auto found = std::ranges::find(change.owners_before, owner, &OwnedBits::owner);
    if (found == change.owners_before.end())
        change.owners_before.push_back({.owner = owner, .bits = bit});
    else
        found->bits |= bit;
}

void add_movement(Plan& plan, const Situation& situation, const Wanted& wanted)
{
    const auto& connector = *wanted.connector;
    Movement movement{.connector = connector.spec.name,
                      .from = *connector.side,
                      .to = wanted.side,
                      .owner_before = owner_of(connector.controller_on(*connector.side), situation.settings),
                      .owner_after = owner_of(connector.controller_on(wanted.side), situation.settings),
                      .leaving = {}};
    const auto leave = [&](const std::optional<topology::PortPath>& place) {
        if (!place) return;
        for (const auto* device : situation.snapshot.devices_below(*place))
            movement.leaving.push_back(device->path);
    };
    if (movement.from != movement.to)
        leave(*connector.side == Side::xhci ? connector.xhci_place : connector.ehci_place);
    if (connector.spec.superspeed && (plan.change.superspeed.mask & connector.spec.superspeed->mask()) != 0)
        leave(connector.superspeed_place);
    if (movement.from != movement.to)
        add_owner_before(plan.change, text_of(movement.owner_before), connector.spec.bit->mask());
    if (movement.from != movement.to || !movement.leaving.empty())
        plan.movements.push_back(std::move(movement));
}

Plan draft(const Situation& situation, const Board& board, const Resolved& resolved)
{
    const auto& mux = *board.mux;
    Plan plan;
    plan.title = resolved.title;
    plan.profile = resolved.profile;
    plan.asked = resolved.asked;
    plan.warnings = resolved.warnings;
    plan.controller = *mux.xhci->address;
    plan.generation = situation.snapshot.generation;
    plan.before = *mux.bits;
    plan.change.controller = plan.controller;
    plan.change.title = resolved.title;
    plan.whole.controller = plan.controller;
    plan.whole.title = resolved.title;
    for (const auto& wanted : resolved.wanted) {
        add_to_whole(plan, wanted);
        set_bit(plan.change.usb2, wanted.connector->spec.bit->mask(), mux.bits->usb2_owner,
                wanted.side == Side::xhci);
        add_superspeed(plan, mux, wanted);
        add_movement(plan, situation, wanted);
        if (wanted.connector->side == wanted.side) plan.already.push_back(wanted.connector->spec.name);
    }
    return plan;
}

std::string names_for(const Plan& plan, Side to)
{
    std::string names;
    for (const auto& movement : plan.movements) {
        if (movement.to != to) continue;
        if (!names.empty()) names += ", ";
        names += movement.connector.text();
    }
    return names;
}

/// SuperSpeed first, in both directions. Towards xHCI a USB 3 device would otherwise be found on the USB 2 wires
/// and stay at USB 2 speed; towards EHCI it would keep its SuperSpeed link and EHCI would never see it.
void add_steps(Plan& plan)
{
    const auto add = [&plan](RouteRegister target, const BitChange& change, std::string reason) {
        if (change.mask == 0) return;
        plan.steps.push_back(
            {.target = target, .mask = change.mask, .value = change.after, .reason = std::move(reason)});
        plan.expectations.push_back({.target = target, .mask = change.mask, .value = change.after});
    };
    add(RouteRegister::superspeed_on, plan.change.superspeed,
        "the SuperSpeed half goes before the USB 2 wires, or a USB 3 device ends up on the wrong side");
    std::string reason;
    if (const auto names = names_for(plan, Side::ehci); !names.empty()) reason += "EHCI gets " + names;
    if (const auto names = names_for(plan, Side::xhci); !names.empty())
        reason += (reason.empty() ? "" : "; ") + ("xHCI gets " + names);
    add(RouteRegister::usb2_owner, plan.change.usb2, std::move(reason));
}

void add_warnings(Plan& plan, const topology::Mux& mux)
{
    if (mux.xhci->is_given_away())
        plan.warnings.push_back(
            format("a guest owns xHCI {}: it can change the routes at any time", mux.xhci->name));
    const auto fused = topology::fused_off_bits(*mux.family, mux.bits->fuses) & plan.change.usb2.mask;
    if (fused != 0)
        plan.warnings.push_back(
            format("the chipset's fuses say that the ports of bits 0x{:04x} do not exist (inferred)", fused));
}

} // namespace

Outcome make_plan(const Situation& situation, const Request& request)
{
    const auto board = look_at_board(situation.snapshot, situation.settings);
    const auto resolved = resolve(situation, board, request.wish);
    if (!resolved) return resolved.error();
    if (auto refusal = check_routes(board, *resolved, request)) return *refusal;

    auto plan = draft(situation, board, *resolved);
    if (auto refusal = check_keyboards(situation, plan, *resolved, request)) return *refusal;
    if (auto refusal = check_disks(situation, plan, request)) return *refusal;
    plan.use_needed = use_needed(situation, plan);
    add_steps(plan);
    add_warnings(plan, *board.mux);
    for (auto& warning : loss_warnings(situation, plan)) plan.warnings.push_back(std::move(warning));
    return plan;
}

topology::UseParts use_needed(const Outcome& outcome)
{
    if (const auto* plan = std::get_if<Plan>(&outcome)) return plan->use_needed;
    const auto reason = std::get<Refusal>(outcome).reason;
    // Looked at closely, the keyboard may not be the last; then the disks come, and all that is in use.
    const bool may_turn_out_otherwise = reason == Reason::last_keyboard || reason == Reason::disk_in_use;
    return may_turn_out_otherwise ? topology::UseParts::all() : topology::UseParts{};
}

std::optional<ProfileName> profile_in_force(const topology::Snapshot& snapshot,
                                            const config::Settings& settings)
{
    const auto board = look_at_board(snapshot, settings);
    for (const auto& name : settings.toggle_order()) {
        const auto* profile = settings.profile(name);
        if (profile != nullptr && holds(board, settings, *profile)) return name;
    }
    for (const auto& profile : settings.profiles)
        if (holds(board, settings, profile)) return profile.name;
    return std::nullopt;
}

std::string setpci_line(const PciAddress& controller, RouteRegister target, std::uint32_t mask,
                        std::uint32_t value)
{
    return format("setpci -s {} {:x}.l={:x}:{:x}", controller.text(), topology::offset_of(target), value,
                  mask);
}

} // namespace usbroute::plan
