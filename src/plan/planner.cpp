// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/groups.hpp"
#include "plan/board.hpp"
#include "plan/call_back.hpp"
#include "plan/dead_sides.hpp"
#include "plan/plan.hpp"
#include "plan/policy.hpp"
#include "plan/resolve.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::plan {

using chips::RouteRegister;
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
        plan.warnings.push_back(
            format("firmware does not let SuperSpeed port {} of {} be switched (USB3PRM is 0x{:x}): {}",
                   connector.spec.superspeed->value, connector.spec.name.text(), mux.bits->superspeed_movable,
                   on ? "SuperSpeed stays off, and a USB 3 device works as USB 2 there"
                      : "a USB 3 device may stay on xHCI"));
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
    if (wanted.keyboard_may_go) plan.whole.keyboards_may_go |= connector.spec.bit->mask();
    if (connector.spec.superspeed && wanted.named)
        add(plan.whole.superspeed, connector.spec.superspeed->mask(),
            wanted.superspeed.value_or(wanted.side == Side::xhci));
}

void add_movement(Plan& plan, const Situation& situation, const Wanted& wanted)
{
    const auto& connector = *wanted.connector;
    Movement movement{.connector = connector.spec.name,
                      .from = *connector.side,
                      .to = wanted.side,
                      .owner_before = owner_of(connector.controller_on(*connector.side), situation.settings),
                      .owner_after = owner_of(connector.controller_on(wanted.side), situation.settings),
                      .keyboard_may_go = wanted.keyboard_may_go};
    const auto leave = [&](const std::optional<topology::PortPath>& place) {
        if (!place) return;
        movement.places.push_back(*place);
        for (const auto* device : situation.snapshot.devices_below(*place))
            movement.leaving.push_back(device->path);
    };
    if (movement.from != movement.to)
        leave(*connector.side == Side::xhci ? connector.xhci_place : connector.ehci_place);
    if (connector.spec.superspeed && (plan.change.superspeed.mask & connector.spec.superspeed->mask()) != 0) {
        leave(connector.superspeed_place);
        movement.superspeed = (plan.change.superspeed.after & connector.spec.superspeed->mask()) != 0;
    }
    movement.host_would_use =
        movement.from == movement.to || host_would_use(connector.controller_on(wanted.side));
    if (movement.from != movement.to)
        group_with(plan.change.owners_before, &OwnedBits::owner, text_of(movement.owner_before)).bits |=
            connector.spec.bit->mask();
    if (movement.from != movement.to || movement.superspeed) plan.movements.push_back(std::move(movement));
}

Plan draft(const Situation& situation, const Board& board, const Resolved& resolved, const Request& request)
{
    const auto& mux = *board.mux;
    Plan plan;
    plan.title = resolved.title;
    plan.profile = resolved.profile;
    plan.asked = resolved.asked;
    plan.warnings = resolved.warnings;
    plan.controller = mux.xhci->address;
    plan.generation = situation.snapshot.generation;
    plan.before = *mux.bits;
    plan.change.controller = plan.controller;
    plan.change.title = resolved.title;
    plan.change.kind = kind_of(request.wish);
    plan.whole.controller = plan.controller;
    plan.whole.title = resolved.title;
    plan.staying = resolved.staying;
    plan.stays_out_of_trial = stays_out_of_trial(situation, board, request);
    for (const auto& wanted : resolved.wanted) {
        add_to_whole(plan, wanted);
        set_bit(plan.change.usb2, wanted.connector->spec.bit->mask(), mux.bits->usb2_owner,
                wanted.side == Side::xhci);
        add_superspeed(plan, mux, wanted);
        add_movement(plan, situation, wanted);
        const auto& name = wanted.connector->spec.name;
        const bool moves = !plan.movements.empty() && plan.movements.back().connector == name;
        if (wanted.connector->side == wanted.side && !moves) plan.already.push_back(name);
    }
    plan.change.keyboards_may_go = plan.whole.keyboards_may_go & plan.change.usb2.mask;
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

/// What goes along, and what keeps the devices from being used where they arrive.
void add_company(Plan& plan, const Board& board)
{
    std::vector<std::string> said;
    for (const auto& movement : plan.movements) {
        if (movement.from == movement.to) continue;
        for (const auto& hole : board.connectors)
            if (hole.behind == movement.connector)
                plan.warnings.push_back(format("{} is behind {} and goes with it", hole.spec.name.text(),
                                               movement.connector.text()));
        const auto* controller = board.find(movement.connector)->controller_on(movement.to);
        if (controller == nullptr) continue;
        for (auto& caution : cautions(*controller))
            if (std::ranges::find(said, caution.sentence) == said.end())
                said.push_back(std::move(caution.sentence));
    }
    plan.warnings.insert(plan.warnings.end(), said.begin(), said.end());
}

void add_warnings(Plan& plan, const topology::Mux& mux)
{
    if (mux.xhci->is_given_away())
        plan.warnings.push_back(
            format("a guest owns xHCI {}: it can change the routes at any time", mux.xhci->name));
    const auto fused = chips::fused_off_bits(*mux.family, mux.bits->fuses) & plan.change.usb2.mask;
    if (fused != 0)
        plan.warnings.push_back(
            format("the chipset's fuses say that the ports of bits 0x{:04x} do not exist (inferred)", fused));
}

bool depends_on_use(Reason reason)
{
    return reason == Reason::last_keyboard || reason == Reason::not_seen_yet || reason == Reason::disk_in_use;
}

std::optional<Refusal> why_not(const Situation& situation, const Board& board, const Resolved& resolved,
                               const Request& request)
{
    if (auto refusal = check_routes(situation, board, resolved, request)) return refusal;
    auto plan = draft(situation, board, resolved, request);
    mark_what_can_come_back(situation, resolved, request, plan);
    if (auto refusal = check_keyboards(situation, board, plan, resolved, request)) return refusal;
    if (auto refusal = check_unseen(situation, plan, resolved, request)) return refusal;
    return check_disks(situation, plan, request);
}

/// The order in which sockets go by themselves.
enum class Turn : std::uint8_t {
    brings_a_keyboard, ///< or may: nobody sees what is plugged in where the host does not look
    brings_or_changes_sides,
    takes_by_leave, ///< from the host; a keyboard may go
    takes,
};

Turn turn_of(const Situation& situation, const Wanted& wanted)
{
    const auto& connector = *wanted.connector;
    const auto owner = owner_of(connector.controller_on(wanted.side), situation.settings);
    if (!is_host(owner)) return wanted.keyboard_may_go ? Turn::takes_by_leave : Turn::takes;
    const auto& here = connector.side == Side::xhci ? connector.xhci_place : connector.ehci_place;
    if (!here) return Turn::brings_a_keyboard;
    const auto keyboards = topology::keyboards(situation.snapshot, situation.use.inputs);
    const bool has_one = std::ranges::any_of(keyboards, [&](const topology::Keyboard& keyboard) {
        return keyboard.counts != topology::Counts::no &&
               std::ranges::any_of(keyboard.places,
                                   [&](const topology::PortPath& place) { return here->contains(place); });
    });
    return has_one ? Turn::brings_a_keyboard : Turn::brings_or_changes_sides;
}

/// What cannot go now stays, and keeps none of the others. Whoever takes a keyboard from the host is asked after those that
/// bring one.
std::vector<ConnectorName> leave_what_cannot_go(const Situation& situation, const Board& board,
                                                Resolved& resolved, const Request& request)
{
    auto candidates = std::exchange(resolved.wanted, {});
    std::ranges::sort(candidates, {}, [&](const Wanted& wanted) {
        return std::pair(turn_of(situation, wanted), wanted.connector);
    });
    std::vector<ConnectorName> in_order;
    for (const auto& wanted : candidates) {
        const auto& name = wanted.connector->spec.name;
        resolved.wanted.push_back(wanted);
        if (auto refusal = why_not(situation, board, resolved, request)) {
            resolved.wanted.pop_back();
            resolved.staying.push_back({.connector = name, .why = std::move(*refusal)});
            std::erase_if(resolved.asked, [&](const auto& asked) { return asked.first == name; });
        } else {
            in_order.push_back(name);
        }
    }
    // As they are listed everywhere else.
    std::ranges::sort(resolved.wanted, {}, &Wanted::connector);
    return in_order;
}

} // namespace

bool Movement::takes(const topology::PortPath& place) const
{
    return std::ranges::any_of(places, [&](const auto& port) { return port.contains(place); });
}

Outcome make_plan(const Situation& situation, const Request& request)
{
    const auto board = look_at_board(situation.snapshot, situation.settings);
    if (auto refusal = check_whose_change(situation, board, request)) return *refusal;
    auto resolved = resolve(situation, board, request);
    if (!resolved) return resolved.error();
    // Who resolves has asked this too, to refuse in the right order; from here on the registers are read as a matter of course.
    if (auto refusal = why_not_writable(situation.snapshot, board)) return *refusal;
    if (auto refusal = leave_trial_alone(situation, board, request, *resolved)) return *refusal;
    std::vector<ConnectorName> in_order;
    if (goes_by_socket(request.wish))
        in_order = leave_what_cannot_go(situation, board, *resolved, request);
    else if (auto refusal = why_not(situation, board, *resolved, request))
        return *refusal;

    auto plan = draft(situation, board, *resolved, request);
    plan.in_order = std::move(in_order);
    mark_what_can_come_back(situation, *resolved, request, plan);
    add_use_needed(situation, plan);
    // Looked at closely, it may go.
    if (std::ranges::any_of(plan.staying, [](const Stay& stay) { return depends_on_use(stay.why.reason); }))
        plan.use_needed = topology::UseParts::all();
    add_steps(plan);
    add_company(plan, board);
    add_warnings(plan, *board.mux);
    for (auto& warning : loss_warnings(situation, plan)) plan.warnings.push_back(std::move(warning));
    return plan;
}

topology::UseParts use_needed(const Outcome& outcome)
{
    if (const auto* plan = std::get_if<Plan>(&outcome)) return plan->use_needed;
    // Looked at closely, the keyboard may not be the last; then the disks come, and all that is in use.
    return depends_on_use(std::get<Refusal>(outcome).reason) ? topology::UseParts::all()
                                                             : topology::UseParts{};
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
    return format("setpci -s {} {:x}.l={:x}:{:x}", controller.text(), chips::offset_of(target), value, mask);
}

} // namespace usbroute::plan
