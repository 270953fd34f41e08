// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/seen.hpp"
#include "base/format.hpp"
#include "base/groups.hpp"
#include "plan/board.hpp"
#include "plan/call_back.hpp"
#include "plan/dead_sides.hpp"
#include "plan/following.hpp"
#include "plan/giving.hpp"
#include "plan/named_devices.hpp"
#include "plan/open_questions.hpp"
#include "plan/panels.hpp"
#include "plan/plan.hpp"
#include "plan/policy.hpp"
#include "plan/resolve.hpp"
#include "plan/whole_moves.hpp"
#include "route/mux.hpp"
#include "route/superspeed_halves.hpp"
#include "topology/halves.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace usbroute::plan {

using topology::SeatId;
using topology::Side;

namespace {

/// What the wish changes about a key; nothing if it is there already.
void add_shift(Plan& plan, const route::Mux& mux, Shift shift)
{
    shift.from = route::word_of(shift.key, *mux.bits);
    if (shift.from != shift.to) plan.change.set(std::move(shift));
}

/// Where the wish wants a key, whether it is there already or not.
void add_to_whole(Plan& plan, const route::Mux& mux, Shift shift)
{
    shift.from = route::word_of(shift.key, *mux.bits);
    shift.owner_before.clear();
    plan.whole.set(std::move(shift));
}

/// The SuperSpeed half follows its socket: on before the wires go to xHCI, off when they go to EHCI.
void add_superspeed(Plan& plan, const route::Mux& mux, const Wanted& wanted)
{
    const auto& connector = *wanted.connector;
    if (!connector.spec.superspeed || (!wanted.named && wanted.is_there())) return;
    const auto& port = *connector.spec.superspeed;
    const bool on = wanted.superspeed_on();
    const Shift shift{.key = port, .from = {}, .to = Word(route::word_of(on))};
    if (wanted.named) add_to_whole(plan, mux, shift);
    if (connector.superspeed_on == on) return;
    if ((mux.movable_superspeed_bits() & port.mask()) != 0) return add_shift(plan, mux, shift);
    plan.warnings.push_back(
        format("firmware does not let SuperSpeed port {} of {} be switched (USB3PRM is 0x{:x}): {}",
               port.value, connector.spec.name.text(), mux.bits->superspeed_movable,
               on ? "SuperSpeed stays off, and a USB 3 device works as USB 2 there"
                  : "a USB 3 device may stay on xHCI"));
}

/// Asked for by name, a device that was refused or has failed is to go now: the socket is its guest's already.
bool is_asked_again(const Situation& situation, const Board& board, const Wanted& wanted, const Wish& wish)
{
    if (goes_by_socket(wish) || !wanted.named || !wanted.is_there() ||
        means_of(*wanted.connector) != Means::attach ||
        is_host(owner_at(*wanted.connector, wanted.seat, situation.settings)))
        return false;
    const auto is_left_with_host = [](const topology::Device* device) {
        return !device->is_hub() && attach::seen(*device).with_host > 0;
    };
    return std::ranges::any_of(
        own_places(situation.snapshot, board, *wanted.connector), [&](const topology::PortPath& place) {
            return std::ranges::any_of(situation.snapshot.devices_below(place), is_left_with_host);
        });
}

bool is_first_of_controller(const Plan& plan, const Board& board, const topology::Connector& connector)
{
    return std::ranges::none_of(plan.movements, [&](const Movement& movement) {
        const auto* other = board.find(movement.connector);
        return other != nullptr && whole_controller_of(*other) == whole_controller_of(connector);
    });
}

void add_movement(Plan& plan, const Situation& situation, const Board& board, const Wanted& wanted,
                  bool is_again = false)
{
    const auto& connector = *wanted.connector;
    Movement movement{.connector = connector.spec.name,
                      .from = *connector.at,
                      .to = wanted.seat,
                      .owner_before = owner_now(connector, situation.settings),
                      .owner_after = owner_at(connector, wanted.seat, situation.settings),
                      .keyboard_may_go = wanted.keyboard_may_go};
    const auto leave = [&](const topology::PortPath& port) {
        movement.places.push_back(port);
        for (const auto* device : situation.snapshot.devices_below(port))
            movement.leaving.push_back(device->path);
    };
    // What is in a socket of a hub within this one goes with that socket, unless the wires of both go.
    const auto& all = connector.seat(*connector.at)->places;
    const bool goes_whole = means_of(connector) == Means::assign;
    if (goes_whole && !wanted.is_there())
        leave_with_controller(movement, situation, board, connector,
                              is_first_of_controller(plan, board, connector));
    else if (!wanted.is_there() || is_again)
        for (const auto& port :
             means_of(connector) == Means::attach ? own_places(situation.snapshot, board, connector) : all)
            leave(port);
    const auto* superspeed = connector.spec.superspeed ? plan.change.of(*connector.spec.superspeed) : nullptr;
    if (superspeed != nullptr) {
        if (connector.superspeed_place) leave(*connector.superspeed_place);
        movement.superspeed = superspeed->to == route::word_on;
    }
    movement.host_would_use = goes_whole || (wanted.is_there() && !is_again) ||
                              (!std::holds_alternative<topology::Parked>(wanted.seat) &&
                               host_would_use(connector.controller_at(wanted.seat)));
    if (!wanted.is_there() || is_again || movement.superspeed) plan.movements.push_back(std::move(movement));
}

/// Each half of the socket has a key of its own: either can be the one that a device is in.
void add_given(Plan& plan, const Situation& situation, const Board& board, const Wanted& wanted,
               const Wish& wish)
{
    const auto& connector = *wanted.connector;
    for (const auto& key : topology::place_keys(connector.spec)) {
        const Shift shift{.key = key,
                          .from = Word(topology::text_of(*connector.at)),
                          .to = Word(topology::text_of(wanted.seat)),
                          .owner_before = text_of(owner_now(connector, situation.settings)),
                          .keyboard_may_go = wanted.keyboard_may_go};
        plan.whole.set(shift);
        if (shift.from != shift.to) plan.change.set(shift);
    }
    add_movement(plan, situation, board, wanted, is_asked_again(situation, board, wanted, wish));
    if (wanted.is_there()) plan.already.push_back(connector.spec.name);
    if (wanted.named && !connector.missing.empty())
        plan.warnings.push_back(
            format("{}: nothing can be in {} until it is", connector.missing, connector.spec.name.text()));
    if (!wanted.named || wanted.is_there() || connector.spec.device ||
        wanted.seat == SeatId(topology::OwnController{}) || !topology::names_one_half(connector.spec))
        return;
    if (const auto half =
            topology::unknown_half(situation.snapshot, connector.spec, situation.settings.specs()))
        plan.warnings.push_back(
            format("the {} of {} is not known, so {} in it stays; `usbroute map` learns it", half->name(),
                   connector.spec.name.text(), half->left_behind()));
}

void add(Plan& plan, const Situation& situation, const Board& board, const Wanted& wanted, const Wish& wish)
{
    if (means_of(*wanted.connector) == Means::attach || means_of(*wanted.connector) == Means::assign)
        return add_given(plan, situation, board, wanted, wish);
    const auto& mux = *board.mux;
    plan.made_for.routes = *mux.bits;
    const auto& connector = *wanted.connector;
    const Shift shift{.key = *connector.spec.bit,
                      .from = {},
                      .to = Word(topology::text_of(wanted.seat)),
                      .owner_before = text_of(owner_now(connector, situation.settings)),
                      .keyboard_may_go = wanted.keyboard_may_go};
    add_to_whole(plan, mux, shift);
    add_shift(plan, mux, shift);
    add_superspeed(plan, mux, wanted);
    add_movement(plan, situation, board, wanted);
    if (wanted.named && wanted.seat == SeatId(Side::ehci) && !connector.spec.superspeed)
        for (const auto& loose : route::loose_superspeed(situation.snapshot, mux, situation.settings.specs()))
            plan.warnings.push_back(
                format("{}: if that is in {}, it stays with the host; `usbroute map` learns it", loose.text(),
                       connector.spec.name.text()));
    const auto& name = connector.spec.name;
    const bool moves = !plan.movements.empty() && plan.movements.back().connector == name;
    if (wanted.is_there() && !moves) plan.already.push_back(name);
}

Plan draft(const Situation& situation, const Board& board, const Resolved& resolved, const Request& request)
{
    const auto mux = board.mux ? board.mux->xhci->address : PciAddress{};
    Plan plan;
    plan.title = resolved.title;
    plan.profile = resolved.profile;
    plan.asked = resolved.asked;
    plan.warnings = resolved.warnings;
    plan.change = {.controller = mux,
                   .title = resolved.title,
                   .kind = kind_of(request.wish),
                   .profile = resolved.profile};
    plan.whole = {.controller = mux, .title = resolved.title, .profile = resolved.profile};
    plan.staying = resolved.staying;
    plan.stays_out_of_trial = stays_out_of_trial(situation, board, request);
    for (const auto& wanted : resolved.wanted) add(plan, situation, board, wanted, request.wish);
    return plan;
}

std::string names_for(const Plan& plan, const SeatId& to)
{
    std::string names;
    for (const auto& movement : plan.movements) {
        if (movement.to != to) continue;
        if (!names.empty()) names += ", ";
        names += movement.connector.text();
    }
    return names;
}

std::string reason_for(const Plan& plan, chips::RouteRegister target)
{
    if (target == chips::RouteRegister::superspeed_on)
        return "the SuperSpeed half goes before the USB 2 wires, or a USB 3 device ends up on the wrong side";
    std::string reason;
    if (const auto names = names_for(plan, Side::ehci); !names.empty()) reason += "EHCI gets " + names;
    if (const auto names = names_for(plan, Side::xhci); !names.empty())
        reason += (reason.empty() ? "" : "; ") + ("xHCI gets " + names);
    return reason;
}

void add_steps(Plan& plan)
{
    plan.expected = plan.change.after();
    for (const auto& write : route::writes_for(plan.change.controller, plan.expected)) {
        auto back = write;
        back.value = plan.made_for.routes->value_of(write.target) & write.mask;
        plan.steps.push_back({.action = write, .inverse = back, .reason = reason_for(plan, write.target)});
    }
}

/// What moves along, and what keeps the devices from being used where they arrive.
void add_company(Plan& plan, const Board& board)
{
    std::vector<std::string> said;
    for (const auto& movement : plan.movements) {
        if (movement.from == movement.to) continue;
        for (const auto& hole : board.connectors)
            if (hole.behind == movement.connector)
                plan.warnings.push_back(format("{} is behind {} and goes with it", hole.spec.name.text(),
                                               movement.connector.text()));
        const auto& connector = *board.find(movement.connector);
        const auto* controller = connector.controller_at(movement.to);
        if (controller == nullptr || means_of(connector) == Means::assign) continue;
        for (auto& caution : cautions(*controller))
            if (std::ranges::find(said, caution.sentence) == said.end())
                said.push_back(std::move(caution.sentence));
    }
    plan.warnings.insert(plan.warnings.end(), said.begin(), said.end());
}

std::uint32_t bits_in(const Change& change)
{
    std::uint32_t bits = 0;
    for (const auto& shift : change.shifts)
        if (std::holds_alternative<chips::MuxBit>(shift.key)) bits |= route::mask_of(shift.key);
    return bits;
}

void add_warnings(Plan& plan, const route::Mux& mux)
{
    if (mux.xhci->is_given_away())
        plan.warnings.push_back(
            format("a guest owns xHCI {}: it can change the routes at any time", mux.xhci->name));
    const auto fused = chips::fused_off_bits(*mux.family, mux.bits->fuses) & bits_in(plan.change);
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
    if (auto refusal = check_expected(situation, board, plan)) return refusal;
    mark_what_can_come_back(situation, resolved, request, plan);
    if (auto refusal = check_keyboards(situation, board, plan, resolved, request)) return refusal;
    if (auto refusal = check_unseen(situation, plan, resolved, request)) return refusal;
    if (auto refusal = check_disks(situation, plan, request)) return refusal;
    return add_assigning(plan, situation, board);
}

/// The order in which sockets go by themselves.
enum class Turn : std::uint8_t {
    brings_a_keyboard, ///< or might: what is plugged in where the host does not look is unknown
    brings_or_changes_sides,
    takes_by_leave, ///< from the host; a keyboard may go
    takes,
};

Turn turn_of(const Situation& situation, const Wanted& wanted)
{
    const auto& connector = *wanted.connector;
    const auto owner = owner_at(connector, wanted.seat, situation.settings);
    if (!is_host(owner)) return wanted.keyboard_may_go ? Turn::takes_by_leave : Turn::takes;
    const auto& here = connector.seat(*connector.at)->places;
    if (here.empty()) return Turn::brings_a_keyboard;
    const auto keyboards = topology::keyboards(situation.snapshot, situation.use.inputs);
    const bool has_one = std::ranges::any_of(keyboards, [&](const topology::Keyboard& keyboard) {
        return keyboard.counts != topology::Counts::no &&
               std::ranges::any_of(keyboard.places, [&](const topology::PortPath& place) {
                   return here.front().contains(place);
               });
    });
    return has_one ? Turn::brings_a_keyboard : Turn::brings_or_changes_sides;
}

/// The first, and what goes only with it: the rest of its whole controller.
std::vector<Wanted> take_first(std::vector<Wanted>& candidates)
{
    const auto* controller = whole_controller_of(*candidates.front().connector);
    std::vector<Wanted> together;
    const auto goes = [&](const Wanted& wanted) {
        const bool is_with_it = together.empty() || (controller != nullptr &&
                                                     whole_controller_of(*wanted.connector) == controller);
        if (is_with_it) together.push_back(wanted);
        return is_with_it;
    };
    // In order, each asked once.
    std::vector<Wanted> left;
    for (const auto& wanted : candidates)
        if (!goes(wanted)) left.push_back(wanted);
    candidates = std::move(left);
    return together;
}

/// What cannot go now stays, and holds back none of the others. Sockets that take a keyboard from the host are tried
/// after those that bring one.
std::vector<ConnectorName> leave_what_cannot_go(const Situation& situation, const Board& board,
                                                Resolved& resolved, const Request& request)
{
    auto candidates = std::exchange(resolved.wanted, {});
    std::ranges::sort(candidates, {}, [&](const Wanted& wanted) {
        return std::pair(turn_of(situation, wanted), wanted.connector);
    });
    std::vector<ConnectorName> in_order;
    while (!candidates.empty()) {
        const auto together = take_first(candidates);
        std::ranges::copy(together, std::back_inserter(resolved.wanted));
        const auto refusal = why_not(situation, board, resolved, request);
        for (const auto& wanted : together) {
            const auto& name = wanted.connector->spec.name;
            if (!refusal) {
                in_order.push_back(name);
                continue;
            }
            resolved.wanted.pop_back();
            resolved.staying.push_back({.connector = name, .why = *refusal});
            std::erase_if(resolved.asked, [&](const auto& asked) { return asked.first == name; });
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

Outcome make_plan(const Situation& situation, const Request& asked)
{
    auto board = look_at_board(situation.snapshot, situation.settings);
    if (const auto* follow = std::get_if<FollowRequest>(&asked.wish))
        return make_following_plan(situation, board, *follow);
    auto answered = with_answer_as_move(board, situation, asked);
    if (!answered) return answered.error();
    auto of_sockets = without_panels(std::move(answered->request), situation.settings);
    if (!of_sockets) return of_sockets.error();
    const auto named = with_devices_apart(board, situation, std::move(*of_sockets));
    if (!named) return named.error();
    const auto& request = *named;
    if (auto refusal = check_whose_change(situation, board, request)) return *refusal;
    auto resolved = resolve(situation, board, request);
    if (!resolved) return resolved.error();
    if (auto refusal = leave_trial_alone(situation, board, request, *resolved)) return *refusal;
    std::vector<ConnectorName> in_order;
    if (goes_by_socket(request.wish))
        in_order = leave_what_cannot_go(situation, board, *resolved, request);
    else if (auto refusal = why_not(situation, board, *resolved, request))
        return *refusal;

    auto plan = draft(situation, board, *resolved, request);
    plan.lasting = std::move(answered->lasting);
    plan.in_order = std::move(in_order);
    mark_what_can_come_back(situation, *resolved, request, plan);
    add_use_needed(situation, plan);
    // After a closer look it may be able to go.
    if (std::ranges::any_of(plan.staying, [](const Stay& stay) { return depends_on_use(stay.why.reason); }))
        plan.use_needed = topology::UseParts::all();
    add_steps(plan);
    add_giving(plan, situation, board);
    if (auto refusal = add_assigning(plan, situation, board)) return std::move(*refusal);
    // A plan that touches nothing is made for the wires as they are, too.
    if (plan.made_for == Reading{} && board.mux && board.mux->bits != nullptr)
        plan.made_for.routes = *board.mux->bits;
    add_company(plan, board);
    if (plan.made_for.routes) add_warnings(plan, *board.mux);
    for (auto& warning : loss_warnings(situation, plan))
        if (std::ranges::find(plan.warnings, warning) == plan.warnings.end())
            plan.warnings.push_back(std::move(warning));
    return plan;
}

topology::UseParts use_needed(const Outcome& outcome)
{
    if (const auto* plan = std::get_if<Plan>(&outcome)) return plan->use_needed;
    // After a closer look the keyboard may not be the last; then the disks are next, and everything in use.
    return depends_on_use(std::get<Refusal>(outcome).reason) ? topology::UseParts::all()
                                                             : topology::UseParts{};
}

std::optional<ProfileName> profile_in_force(const topology::Snapshot& snapshot,
                                            const config::Settings& settings)
{
    const auto board = look_at_board(snapshot, settings);
    const auto is_in_force = [&](const ProfileName& name) {
        const auto* profile = settings.profile(name);
        return profile != nullptr && holds(snapshot, board, settings, *profile);
    };
    if (snapshot.applied && is_in_force(*snapshot.applied)) return snapshot.applied;
    for (const auto& name : settings.toggle_order())
        if (is_in_force(name)) return name;
    for (const auto& profile : settings.profiles)
        if (holds(snapshot, board, settings, profile)) return profile.name;
    return std::nullopt;
}

} // namespace usbroute::plan
