// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/handover.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/handover_policy.hpp"
#include "plan/let_go.hpp"
#include "plan/ownership.hpp"

#include <algorithm>

namespace usbroute::plan {

using config::GuestSettings;
using topology::Connector;
using topology::PciController;
using topology::Side;

namespace {

Refusal no_such_guest(const GuestName& guest)
{
    return {.reason = Reason::no_such_guest,
            .subject = printable(guest.text(), 64),
            .sentence = format("the configuration has no guest {}, so there is no controller to give to it",
                               guest.text()),
            .remedy = format("add [guest.{}] with controllers = [\"0000:00:1d.0\", ...] to usbroute.toml",
                             guest.text())};
}

Refusal no_controllers(const GuestSettings& guest)
{
    const auto& name = guest.name.text();
    return {.reason = Reason::no_controllers,
            .subject = name,
            .sentence = format("{} has no controllers to hand over: it takes devices, one by one", name),
            .remedy = format("move sockets to it while it runs: usbroute move NAME --to {}", name),
            .evidence = {format("{}: [guest.{}] has {} and no controllers", guest.origin.text(), name,
                                guest.libvirt ? "libvirt" : "qmp")}};
}

assign::Binding binding_of(const HandoverSituation& situation, const PciController& controller)
{
    const auto* state = situation.look.state_of(controller.address);
    return {.function = controller.address,
            .driver = controller.driver,
            .forced = state == nullptr ? std::string() : state->driver_override};
}

void add_step(Plan& plan, assign::Rebind rebind)
{
    plan.made_for.bindings->push_back(rebind.before);
    if (!rebind.driver_after.empty())
        plan.expected.push_back({.key = rebind.function(), .word = rebind.driver_after});
    const assign::PutBack back{rebind.before};
    auto reason = rebind.driver_after.empty() ? format("the host gets {}", rebind.function().text())
                                              : format("{} goes to vfio-pci", rebind.function().text());
    plan.steps.push_back({.action = std::move(rebind), .inverse = back, .reason = std::move(reason)});
}

Handover begin(std::string title, const GuestName& guest)
{
    Handover handover{.plan = {}, .guest = guest, .moves = {}, .already = {}};
    handover.plan.title = std::move(title);
    handover.plan.made_for.bindings.emplace();
    return handover;
}

/// " (0000:00:14.0 is on vfio-pci)": where those are that the host has lost before.
std::string held_elsewhere(const Giving& giving)
{
    std::vector<std::string> held;
    for (const auto& controller : giving.situation.snapshot.controllers)
        if (controller.is_given_away())
            held.push_back(format("{} is on {}", controller.name, printable(controller.driver, 32)));
    return held.empty() ? std::string() : format(" ({})", join(held, ", "));
}

/// What leaves, what is left, and what is interrupted.
void add_losses(Handover& handover, const Giving& giving)
{
    constexpr std::uint16_t intel = 0x8087; // Intel's second id, which its rate matching hubs have
    const auto& snapshot = giving.situation.snapshot;
    const auto departures = giving.departures();
    for (const auto& departure : departures) {
        Leaving leaving{.from = departure.from, .devices = {}};
        for (const auto& place : departure.places)
            for (const auto* device : snapshot.devices_below(place))
                if (!(device->is_hub() && device->vendor == intel))
                    leaving.devices.push_back(device->shown());
        if (!leaving.devices.empty()) handover.leaving.push_back(std::move(leaving));
    }
    if (giving.controllers.empty()) return;
    const auto loss = keyboard_loss(snapshot, giving.situation.use, departures);
    if (!loss.going.empty() || !loss.staying.empty()) handover.plan.warnings.push_back(loss.left());
    if (giving.leaves_no_controller())
        handover.plan.warnings.push_back(
            "the host has no USB controller left: nothing that is plugged in, now or later, belongs to it" +
            held_elsewhere(giving));
    for (const auto& activity : giving.situation.use.activities)
        if (activity.route && std::ranges::any_of(departures, [&](const Departure& departure) {
                return departure.has(activity.usb);
            }))
            handover.routes.push_back(*activity.route);
    for (auto& warning : activity_warnings(snapshot, giving.situation.use, departures))
        handover.plan.warnings.push_back(std::move(warning));
}

} // namespace

std::vector<const assign::Rebind*> Handover::rebinds() const
{
    std::vector<const assign::Rebind*> found;
    for (const auto& step : plan.steps)
        if (const auto* rebind = std::get_if<assign::Rebind>(&step.action)) found.push_back(rebind);
    return found;
}

PciAddress function_of(const Action& action)
{
    if (const auto* rebind = std::get_if<assign::Rebind>(&action)) return rebind->function();
    if (const auto* back = std::get_if<assign::PutBack>(&action)) return back->wanted.function;
    if (const auto* plug = std::get_if<assign::PlugIn>(&action)) return plug->function;
    return std::get<assign::TakeOut>(action).function;
}

std::vector<PciAddress> Handover::changed() const
{
    std::vector<PciAddress> functions;
    for (const auto& step : plan.steps) {
        const auto function = function_of(step.action);
        if (std::ranges::find(functions, function) == functions.end()) functions.push_back(function);
    }
    return functions;
}

HandoverOutcome plan_bind(const HandoverSituation& situation, const BindRequest& request)
{
    auto outcome = plan_bind_plainly(situation, request);
    auto* refusal = std::get_if<Refusal>(&outcome);
    if (refusal == nullptr || refusal->reason != Reason::group_shared) return outcome;
    const auto* guest = situation.settings.guest(request.guest);
    for (const auto& address : guest->controllers)
        if (check_controller(situation, *guest, address)) {
            refusal->remedy =
                remedy_for_group(situation, request, *situation.snapshot.controller_at(address));
            break;
        }
    return outcome;
}

HandoverOutcome plan_bind_plainly(const HandoverSituation& situation, const BindRequest& request)
{
    const auto* guest = situation.settings.guest(request.guest);
    if (guest == nullptr) return no_such_guest(request.guest);
    if (guest->controllers.empty()) return no_controllers(*guest);
    auto handover =
        begin(format("give {} to {}", listed(texts_of(guest->controllers)), guest->name.text()), guest->name);
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
    if (auto refusal = check_expected(giving)) return *refusal;
    if (auto refusal = check_disks(giving)) return *refusal;
    if (auto refusal = check_keyboards(giving)) return *refusal;
    if (auto refusal = check_moves(giving)) return *refusal;
    for (const auto* controller : giving.controllers)
        add_step(handover.plan, assign::give(binding_of(situation, *controller)));
    handover.moves = std::move(giving.moves);
    add_losses(handover, giving);
    for (auto& advice : advice_for(giving.board, *guest)) handover.plan.warnings.push_back(std::move(advice));
    return handover;
}

HandoverOutcome plan_release(const HandoverSituation& situation, const GuestName& name)
{
    const auto* guest = situation.settings.guest(name);
    if (guest == nullptr) return no_such_guest(name);
    if (guest->controllers.empty()) return no_controllers(*guest);
    auto handover =
        begin(format("give {} back to the host", listed(texts_of(guest->controllers))), guest->name);
    // What has gone must not keep the host from getting the rest back.
    std::vector<PciAddress> there;
    std::optional<Refusal> missing;
    for (const auto& address : guest->controllers) {
        auto refusal = check_there(situation, address);
        if (refusal)
            handover.plan.warnings.push_back(refusal->sentence);
        else
            there.push_back(address);
        if (refusal && !missing) missing = std::move(refusal);
    }
    if (missing && there.empty()) return *missing;
    if (auto refusal = check_holders(situation, *guest)) return *refusal;
    for (const auto& address : there) {
        const auto& controller = *situation.snapshot.controller_at(address);
        const auto* state = situation.look.state_of(address);
        const bool is_forced = state != nullptr && !state->driver_override.empty();
        if (controller.is_driven_by_host() && !is_forced)
            handover.already.push_back(address);
        else
            add_step(handover.plan,
                     assign::take(binding_of(situation, controller), controller.is_driven_by_host()));
    }
    return handover;
}

std::vector<std::string> advice_for(const Board& board, const GuestSettings& guest)
{
    std::vector<std::string> advice;
    if (!board.mux || !gets(guest, board.mux->xhci->address)) return advice;
    advice.push_back(format(
        "{} is to have the xHCI {}, and with it the routing registers: it can then move every socket at will, whatever usbroute does; better give it the EHCIs and keep the xHCI, which also keeps SuperSpeed with the host",
        guest.name.text(), board.mux->xhci->name));
    return advice;
}

std::vector<const Connector*> connectors_within_reach(const Board& board, const PciAddress& controller)
{
    std::vector<const Connector*> within;
    for (const auto& connector : board.connectors) {
        if (connector.behind) continue; // it comes with its socket
        if (!connector.spec.bit) {
            const auto& places = connector.spec.places;
            const auto* own = connector.controller_at(topology::OwnController{});
            const bool is_there = own != nullptr ? own->address == controller
                                                 : !places.empty() && places.front().controller == controller;
            if (is_there) within.push_back(&connector);
            continue;
        }
        for (const auto side : {Side::ehci, Side::xhci}) {
            const auto* there = connector.controller_at(side);
            if (there == nullptr || there->address != controller) continue;
            const bool is_there = connector.side() == side;
            const bool may_move = board.mux && (board.mux->movable_bits() & connector.spec.bit->mask()) != 0;
            if (is_there || may_move || board.mux->bits == nullptr) within.push_back(&connector);
        }
    }
    const auto socket_is_within = [&](const Connector& hole) {
        return std::ranges::any_of(within,
                                   [&](const Connector* socket) { return hole.behind == socket->spec.name; });
    };
    for (const auto& connector : board.connectors)
        if (connector.behind && socket_is_within(connector)) within.push_back(&connector);
    return within;
}

} // namespace usbroute::plan
