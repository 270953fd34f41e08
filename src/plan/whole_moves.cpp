// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/whole_moves.hpp"

#include "attach/seats.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/assigning.hpp"
#include "plan/giving.hpp"
#include "plan/handover_policy.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace usbroute::plan {

using assign::InGuest;
using assign::MachineState;
using topology::Connector;
using topology::OwnController;
using topology::PciController;
using topology::PortPath;
using topology::SeatId;

namespace {

/// Which controllers of one guest change hands, and which way.
struct Changing {
    GuestName guest;
    std::vector<const PciController*> into;
    std::vector<const PciController*> out;
};

Changing& of_guest(std::vector<Changing>& all, const GuestName& guest)
{
    const auto found = std::ranges::find(all, guest, &Changing::guest);
    if (found != all.end()) return *found;
    return all.emplace_back(Changing{.guest = guest, .into = {}, .out = {}});
}

void add_once(std::vector<const PciController*>& controllers, const PciController* controller)
{
    if (std::ranges::find(controllers, controller) == controllers.end()) controllers.push_back(controller);
}

std::vector<const Connector*> connectors_of(const Board& board, const PciController& controller)
{
    std::vector<const Connector*> found;
    for (const auto& connector : board.connectors)
        if (const auto* own = whole_controller_of(connector);
            own != nullptr && own->address == controller.address)
            found.push_back(&connector);
    return found;
}

std::vector<PciAddress> addresses_of(const std::vector<const PciController*>& controllers)
{
    std::vector<PciAddress> addresses;
    for (const auto* controller : controllers) addresses.push_back(controller->address);
    return addresses;
}

/// As if the guest had only these, so that a plan for them says of the others of their groups that they stay.
config::Settings settings_with(const config::Settings& settings, const GuestName& name,
                               const std::vector<PciAddress>& controllers)
{
    auto narrowed = settings;
    for (auto& guest : narrowed.guests)
        if (guest.name == name) guest.controllers = controllers;
    return narrowed;
}

Refusal no_binder(const GuestName& guest, bool is_direct)
{
    return {.reason = Reason::no_binder,
            .subject = guest.text(),
            .sentence = format("nobody binds the controllers of {} for {}", guest.text(),
                               is_direct ? "a command that works without usbrouted" : "usbrouted"),
            .remedy = is_direct
                          ? "start usbrouted, which asks usbroute-bind"
                          : "enable usbroute-bind: sudo systemctl enable --now usbroute-bind.socket, or run "
                            "`usbroute-bind --listen` as a service",
            .evidence = {}};
}

Refusal not_looked_at(const GuestName& guest)
{
    return {.reason = Reason::guest_silent,
            .subject = guest.text(),
            .sentence = format("what {} has of the host's controllers is not known yet", guest.text()),
            .remedy = "try again in a moment; `usbroute status` says whether its monitor answers"};
}

bool runs(const GuestName& guest, const Situation& situation)
{
    const auto* seen = situation.attached.guest(guest);
    return seen != nullptr && (seen->usb || !seen->is_gone);
}

SeatId seat_after(const Plan& plan, const Connector& connector)
{
    const auto movement = std::ranges::find(plan.movements, connector.spec.name, &Movement::connector);
    return movement == plan.movements.end() ? *connector.at : movement->to;
}

/// A device that is for somebody of its own would go along.
std::optional<Refusal> why_not_with_what_is_apart(const Situation& situation, const Board& board,
                                                  const PciController& controller, const GuestName& guest)
{
    for (const auto& device : board.apart) {
        if (!device.place || situation.snapshot.pci_controller_of_bus(device.place->bus()) != &controller)
            continue;
        const auto* there = situation.snapshot.device_at(*device.place);
        return Refusal{
            .reason = Reason::whole_controller,
            .subject = device.connector.spec.name.text(),
            .sentence = format("{} is on {}, and is for {} of its own",
                               there == nullptr ? device.place->text() : there->shown(), controller.name,
                               text_of(owner_now(device.connector, situation.settings))),
            .remedy =
                format("plug it into another socket before {} goes to {}", controller.name, guest.text()),
            .evidence = {device.rule ? "rule " + device.rule->text()
                                     : std::string("it was moved by its name")}};
    }
    return std::nullopt;
}

std::optional<Refusal> check_whole(const Plan& plan, const Board& board, const Movement& movement,
                                   const PciController& controller)
{
    std::vector<std::string> all;
    bool is_part = false;
    for (const auto* other : connectors_of(board, controller)) {
        all.push_back(other->spec.name.text());
        is_part = is_part || seat_after(plan, *other) != movement.to;
    }
    if (!is_part) return std::nullopt;
    const auto to = std::holds_alternative<GuestName>(movement.to) ? std::get<GuestName>(movement.to).text()
                                                                   : std::string("host");
    return Refusal{.reason = Reason::whole_controller,
                   .subject = movement.connector.text(),
                   .sentence = format("{} goes to {} only with its whole controller {}",
                                      movement.connector.text(), to, controller.name),
                   .remedy = format("name all of it: usbroute move {} --to {}", join(all, " "), to)};
}

/// What one reading has of a guest's machine is of one guest.
Refusal two_guests(const Plan& plan, const Board& board, const GuestName& first, const GuestName& second)
{
    std::vector<std::string> names;
    bool is_into_guest = false;
    for (const auto& movement : plan.movements) {
        const auto* connector = board.find(movement.connector);
        if (connector == nullptr || connector->whole_for != first || movement.from == movement.to) continue;
        names.push_back(movement.connector.text());
        is_into_guest = movement.to == SeatId(first);
    }
    return {.reason = Reason::whole_controller,
            .subject = second.text(),
            .sentence = format("controllers of {} and of {} would change hands in one change", first.text(),
                               second.text()),
            .remedy = format("move those of one guest first: usbroute move {} --to {}", join(names, " "),
                             is_into_guest ? first.text() : "host")};
}

bool is_to_be_taken_home(const PciController& controller, const Situation& situation)
{
    if (is_given_to_guest(controller)) return true;
    const auto* state =
        situation.controllers == nullptr ? nullptr : situation.controllers->look.state_of(controller.address);
    return state != nullptr && state->driver_override == assign::vfio;
}

/// Plans of both directions, of which the second, which gives, is to be carried out last.
struct Handovers {
    std::optional<Handover> out;
    std::optional<Handover> into;
    InGuest seen;
};

std::expected<Handovers, Refusal> plan_both(const Changing& changing, const Situation& situation, bool yes)
{
    const auto& known = *situation.controllers;
    const topology::HolderLook unseen; // usbroute-bind, which is root's, sees who has a group open
    Handovers both;
    const bool is_there = runs(changing.guest, situation);
    const auto* seen = known.of(changing.guest);
    if (is_there && seen == nullptr) return std::unexpected(not_looked_at(changing.guest));
    if (is_there) both.seen = *seen;
    const auto keep = [&](std::optional<Handover>& kept, HandoverOutcome outcome) -> std::optional<Refusal> {
        if (auto* refusal = std::get_if<Refusal>(&outcome)) return std::move(*refusal);
        kept = std::get<Handover>(std::move(outcome));
        return std::nullopt;
    };
    const auto with = [&](const config::Settings& settings) {
        return HandoverSituation{.snapshot = situation.snapshot,
                                 .look = known.look,
                                 .settings = settings,
                                 .use = situation.use,
                                 .holders = unseen};
    };
    if (!changing.out.empty()) {
        const auto settings = settings_with(situation.settings, changing.guest, addresses_of(changing.out));
        if (auto refusal = keep(both.out, plan_unassign(with(settings), changing.guest, both.seen)))
            return std::unexpected(std::move(*refusal));
    }
    if (!changing.into.empty()) {
        const auto settings = settings_with(situation.settings, changing.guest, addresses_of(changing.into));
        if (auto refusal = keep(
                both.into, plan_assign(with(settings), {.guest = changing.guest, .yes = yes}, both.seen)))
            return std::unexpected(std::move(*refusal));
    }
    return both;
}

void note_bindings(Plan& plan, const assign::Bindings& bindings)
{
    if (!plan.made_for.bindings) plan.made_for.bindings.emplace();
    plan.made_for.bindings->insert(plan.made_for.bindings->end(), bindings.begin(), bindings.end());
}

/// What is said of both ways is said once.
void take_over(Plan& plan, Handovers both)
{
    std::vector<Step> first;
    if (both.out) {
        note_bindings(plan, *both.out->plan.made_for.bindings);
        const bool asks_guest = both.out->plan.made_for.in_guest && !both.out->plan.steps.empty();
        std::ranges::move(both.out->plan.steps, std::back_inserter(first));
        if (asks_guest) plan.made_for.in_guest = both.seen;
    }
    plan.steps.insert(plan.steps.begin(), std::make_move_iterator(first.begin()),
                      std::make_move_iterator(first.end()));
    if (both.into) {
        note_bindings(plan, *both.into->plan.made_for.bindings);
        // Where it has them already nobody is asked.
        if (!both.into->plan.steps.empty()) plan.made_for.in_guest = both.seen;
        std::ranges::move(both.into->plan.steps, std::back_inserter(plan.steps));
    }
    for (auto* handover : {&both.out, &both.into}) {
        if (!*handover) continue;
        std::ranges::move((*handover)->plan.expected, std::back_inserter(plan.expected));
        for (auto& warning : (*handover)->plan.warnings)
            if (std::ranges::find(plan.warnings, warning) == plan.warnings.end())
                plan.warnings.push_back(std::move(warning));
    }
}

/// Where a controller that is for this seat has to be: with the host, with the guest, or where it is.
enum class Due : std::uint8_t { nothing, into_guest, home };

/// What usbroute has not moved since the host's boot, and of which nothing is remembered, somebody else has bound as he wants it.
bool is_ours(const std::vector<const Connector*>& connectors, const Situation& situation)
{
    return std::ranges::any_of(connectors, [&](const Connector* connector) {
        return attach::said_seat(situation.snapshot, connector->spec) ||
               (situation.standing && situation.standing->touches(connector->spec));
    });
}

Due due_of(const PciController& controller, const GuestName& guest,
           const std::vector<const Connector*>& connectors, const Situation& situation)
{
    if (!is_ours(connectors, situation)) return Due::nothing;
    const bool is_for_guest = std::ranges::all_of(
        connectors, [&](const Connector* connector) { return connector->at == SeatId(guest); });
    const bool is_there = runs(guest, situation);
    const auto* seen = situation.controllers->of(guest);
    // Who cannot be asked keeps what he has, and gets nothing.
    if (is_there && (seen == nullptr || seen->machine != MachineState::there)) return Due::nothing;
    if (is_for_guest && is_there)
        return seen->find(controller.address) == nullptr ? Due::into_guest : Due::nothing;
    const auto* settings = situation.settings.guest(guest);
    if (is_for_guest && settings->when_off != config::WhenOff::host) return Due::nothing;
    return is_to_be_taken_home(controller, situation) ? Due::home : Due::nothing;
}

bool keyboard_may_go(const Changing& changing, const Board& board, const Situation& situation)
{
    if (situation.settings.guest(changing.guest)->may_take_last_keyboard) return true;
    return std::ranges::all_of(changing.into, [&](const PciController* controller) {
        return std::ranges::any_of(connectors_of(board, *controller), [&](const Connector* connector) {
            const auto* shift =
                situation.standing ? situation.standing->main_shift(connector->spec) : nullptr;
            return shift != nullptr && shift->keyboard_may_go;
        });
    });
}

/// What a plan for one guest and one way comes to; nothing: it stays, which the plan then says.
bool follow(Plan& plan, const Changing& changing, const Situation& situation, const Board& board)
{
    std::optional<Refusal> why;
    for (const auto* controller : changing.into)
        if (!why) why = why_not_with_what_is_apart(situation, board, *controller, changing.guest);
    if (!why) {
        auto both = plan_both(changing, situation, keyboard_may_go(changing, board, situation));
        if (both) {
            take_over(plan, std::move(*both));
            return true;
        }
        why = std::move(both.error());
    }
    for (const auto* controllers : {&changing.into, &changing.out})
        for (const auto* controller : *controllers)
            for (const auto* connector : connectors_of(board, *controller))
                plan.staying.push_back({.connector = connector->spec.name, .why = *why});
    return false;
}

/// All of a guest's at once, for a group is given whole; where that does not go, one by one.
std::vector<Changing> in_order_of_trying(std::vector<Changing> due)
{
    std::vector<Changing> tried;
    for (auto& all : due) {
        for (const bool gives : {false, true}) {
            const auto& controllers = gives ? all.into : all.out;
            if (controllers.empty()) continue;
            const auto with = [&](std::vector<const PciController*> some) {
                Changing one{.guest = all.guest, .into = {}, .out = {}};
                (gives ? one.into : one.out) = std::move(some);
                return one;
            };
            tried.push_back(with(controllers));
            if (controllers.size() > 1)
                for (const auto* controller : controllers) tried.push_back(with({controller}));
        }
    }
    return tried;
}

} // namespace

bool goes_on_move(const config::GuestSettings& guest, const PciAddress& controller)
{
    return std::ranges::find(guest.on_move, controller) != guest.on_move.end();
}

std::vector<PciAddress> controllers_in(const Plan& plan)
{
    std::vector<PciAddress> controllers;
    for (const auto& step : plan.steps) {
        const bool is_of_one = std::holds_alternative<assign::Rebind>(step.action) ||
                               std::holds_alternative<assign::PutBack>(step.action) ||
                               std::holds_alternative<assign::PlugIn>(step.action) ||
                               std::holds_alternative<assign::TakeOut>(step.action);
        if (!is_of_one) continue;
        const auto function = function_of(step.action);
        if (std::ranges::find(controllers, function) == controllers.end()) controllers.push_back(function);
    }
    return controllers;
}

void add_whole_seat(Connector& connector, const topology::Snapshot& snapshot,
                    const config::Settings& settings)
{
    if (connector.behind || connector.spec.bit || !connector.spec.on_hubs.empty()) return;
    const auto* controller = connector.controller_at(OwnController{});
    if (controller == nullptr) return;
    const auto* guest = claimant(*controller, settings);
    if (guest == nullptr || !goes_on_move(*guest, controller->address) || !guest->takes_devices()) return;
    auto seat = *connector.seat(OwnController{});
    seat.id = guest->name;
    connector.seats.push_back(std::move(seat));
    connector.whole_for = guest->name;
    const auto said = attach::said_seat(snapshot, connector.spec);
    connector.at = said && connector.seat(*said) != nullptr ? *said : SeatId(OwnController{});
}

const PciController* whole_controller_of(const Connector& connector)
{
    return connector.whole_for ? connector.controller_at(OwnController{}) : nullptr;
}

void leave_with_controller(Movement& movement, const Situation& situation, const Board& board,
                           const Connector& connector, bool is_first)
{
    // What comes to the host leaves nothing behind.
    if (movement.to == SeatId(OwnController{})) return;
    const auto* controller = whole_controller_of(connector);
    for (const auto& place : connector.seat(OwnController{})->places) {
        movement.places.push_back(place);
        for (const auto* device : situation.snapshot.devices_below(place))
            movement.leaving.push_back(device->path);
    }
    if (!is_first) return;
    for (const auto& bus : controller->buses)
        movement.places.emplace_back(bus.number, std::vector<std::uint8_t>());
    for (const auto& device : situation.snapshot.devices)
        if (situation.snapshot.pci_controller_of_bus(device->path.bus()) == controller &&
            !device->path.is_root_hub() && board.connector_of(device->path) == nullptr)
            movement.leaving.push_back(device->path);
}

std::optional<Refusal> add_assigning(Plan& plan, const Situation& situation, const Board& board)
{
    std::vector<Changing> all;
    for (const auto& movement : plan.movements) {
        const auto* connector = board.find(movement.connector);
        const auto* controller = connector == nullptr ? nullptr : whole_controller_of(*connector);
        if (controller == nullptr || movement.from == movement.to) continue;
        const auto& guest = *connector->whole_for;
        if (auto refusal = check_whole(plan, board, movement, *controller)) return refusal;
        if (situation.controllers == nullptr) return no_binder(guest, true);
        auto& changing = of_guest(all, guest);
        const bool is_for_guest = movement.to == SeatId(guest);
        if (is_for_guest && !situation.controllers->can_bind) return no_binder(guest, false);
        if (is_for_guest)
            if (auto refusal = why_not_with_what_is_apart(situation, board, *controller, guest))
                return refusal;
        if (is_for_guest && runs(guest, situation) && !situation.attached.sleeps_soon)
            add_once(changing.into, controller);
        if (!is_for_guest && is_to_be_taken_home(*controller, situation)) add_once(changing.out, controller);
        if (is_for_guest && !runs(guest, situation))
            plan.warnings.push_back(said_of_a_guest_that_is_off(movement, situation).value_or(""));
    }
    if (all.empty()) return std::nullopt;
    // A plan that touches none of them is carried out all the same: whom the sockets are for is written down.
    if (!plan.made_for.bindings) plan.made_for.bindings.emplace();
    std::erase_if(all, [](const Changing& one) { return one.into.empty() && one.out.empty(); });
    if (all.size() > 1) return two_guests(plan, board, all[0].guest, all[1].guest);
    if (all.empty()) return std::nullopt;
    if (!situation.controllers->can_bind) return no_binder(all.front().guest, false);
    auto both = plan_both(all.front(), situation, true);
    if (!both) return std::move(both.error());
    take_over(plan, std::move(*both));
    return std::nullopt;
}

Plan follow_controllers(const Situation& situation, const Board& board, const FollowRequest& request)
{
    Plan plan;
    if (situation.controllers == nullptr || !situation.controllers->can_bind ||
        situation.attached.sleeps_soon)
        return plan;
    std::vector<Changing> all;
    for (const auto& connector : board.connectors) {
        const auto* controller = whole_controller_of(connector);
        if (controller == nullptr || std::ranges::find(request.leave_controllers, controller->address) !=
                                         request.leave_controllers.end())
            continue;
        const auto due =
            due_of(*controller, *connector.whole_for, connectors_of(board, *controller), situation);
        if (due == Due::into_guest) add_once(of_guest(all, *connector.whole_for).into, controller);
        if (due == Due::home) add_once(of_guest(all, *connector.whole_for).out, controller);
    }
    for (const auto& changing : in_order_of_trying(std::move(all))) {
        // What is in use counts for all that leaves the host.
        if (!changing.into.empty()) plan.use_needed = topology::UseParts{.disks = true, .inputs = true};
        plan.staying.clear();
        if (!follow(plan, changing, situation, board)) continue;
        plan.title =
            format("bring {} to {}",
                   listed(texts_of(addresses_of(changing.into.empty() ? changing.out : changing.into))),
                   changing.into.empty() ? "the host" : changing.guest.text());
        plan.change.title = plan.title;
        return plan;
    }
    return plan;
}

} // namespace usbroute::plan
