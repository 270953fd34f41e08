// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/policy.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/dead_sides.hpp"
#include "plan/departure.hpp"
#include "plan/expected.hpp"
#include "plan/rights.hpp"
#include "plan/whole_controller.hpp"
#include "route/wiring.hpp"

#include <algorithm>
#include <functional>

namespace usbroute::plan {

using topology::SeatId;
using topology::Side;
using topology::UseParts;

namespace {

std::optional<Refusal> check_route(const Situation& situation, const Board& board, const Wanted& wanted,
                                   bool yes)
{
    const auto& connector = *wanted.connector;
    const auto& name = connector.spec.name.text();
    if (wanted.is_there() && owner_of_whole(connector, situation.settings)) return std::nullopt;
    if (auto refusal = why_not_by_its_means(situation.snapshot, board, connector)) return refusal;
    if (means_of(connector) == Means::attach || means_of(connector) == Means::assign || wanted.is_there())
        return std::nullopt;
    const auto& twin = route::wiring_of(board.mux, connector.spec)->ehci;
    if (wanted.seat == SeatId(Side::ehci) && !twin)
        return Refusal{Reason::no_twin, name,
                       format("{} (bit {}) has no port on an EHCI of the {} chipset", name,
                              connector.spec.bit->value, board.mux->family->name),
                       "it stays on xHCI"};
    const auto* controller = connector.controller_at(wanted.seat);
    if (controller == nullptr) {
        const auto& function = board.mux->family->ehcis[twin->controller - 1u];
        return Refusal{
            Reason::nobody_behind_route, name,
            format("{} would go to EHCI #{} (8086:{:04x}, normally 00:{:02x}.0), which is not on the bus",
                   name, twin->controller, function.device_id, function.pci_device),
            "firmware hides it: set its xHCI mode to Auto, Smart Auto or Manual"};
    }
    if ((board.mux->movable_bits() & connector.spec.bit->mask()) == 0)
        return Refusal{Reason::bit_not_movable, name,
                       format("firmware does not let bit {} of XUSB2PR move (XUSB2PRM is 0x{:04x})",
                              connector.spec.bit->value, board.mux->bits->usb2_movable),
                       "look for an xHCI or USB 3 mode option in the firmware set-up"};
    const auto dead = why_dead(situation.snapshot, connector, wanted.seat, situation.settings);
    if (dead && !yes)
        return Refusal{dead->why == Death::no_driver ? Reason::no_driver : Reason::not_authorized, name,
                       format("{}, so {} would be dead there", dead->sentence, name), dead->remedy};
    return std::nullopt;
}

bool leaves_host(const Movement& movement)
{
    return !is_host(movement.owner_after) || !movement.host_would_use;
}

/// What can be called back is not lost.
bool takes_from_host(const Movement& movement) { return leaves_host(movement) && !movement.can_come_back; }

/// What the chain's end does not say: "in the mount namespace of ...", "with swap file ...".
std::string beyond_the_chain(const topology::DiskInUse& disk)
{
    const auto plain = "mounted on " + printable(disk.chain.back());
    if (disk.use.starts_with(plain + ",") || disk.use.starts_with(plain + " in "))
        return disk.use.substr(plain.size());
    return {};
}

/// All that moves, or only what the host loses.
std::vector<Departure> departures_of(const Plan& plan, const std::function<bool(const Movement&)>& is_asked)
{
    std::vector<Departure> departures;
    for (const auto& movement : plan.movements)
        if (is_asked(movement))
            departures.push_back({.from = movement.connector.text(), .places = movement.places});
    return departures;
}

/// What a trial takes from the host when its time is over: nobody counts on it who stays out of that trial.
void add_what_is_on_trial(const Situation& situation, const Board& board, const Plan& plan,
                          std::vector<Departure>& departures)
{
    for (const auto* each : board.all()) {
        const auto& connector = *each;
        const auto back = situation.trial->seat_before(connector.spec);
        if (!back || !connector.at) continue;
        if (std::ranges::find(plan.movements, connector.spec.name, &Movement::connector) !=
            plan.movements.end())
            continue;
        if (back == connector.at || is_host(owner_at(connector, *back, situation.settings))) continue;
        departures.push_back(
            {.from = connector.spec.name.text(), .places = own_places(situation.snapshot, board, connector)});
    }
}

bool would_move(const Wanted& wanted)
{
    const auto& connector = *wanted.connector;
    if (!wanted.is_there()) return true;
    return wanted.named && connector.spec.superspeed && connector.superspeed_on &&
           *connector.superspeed_on != wanted.superspeed_on();
}

} // namespace

std::optional<Refusal> check_routes(const Situation& situation, const Board& board, const Resolved& resolved,
                                    const Request& request)
{
    for (const auto& wanted : resolved.wanted)
        if (auto refusal = check_route(situation, board, wanted, request.yes)) return refusal;
    return std::nullopt;
}

std::optional<Refusal> check_keyboards(const Situation& situation, const Board& board, const Plan& plan,
                                       const Resolved& resolved, const Request& request)
{
    if (keyboard_may_go(resolved, request)) return std::nullopt;
    bool is_guarded = false;
    for (const auto& movement : plan.movements)
        is_guarded = is_guarded ||
                     (takes_from_host(movement) && !movement.keyboard_may_go && !movement.places.empty());
    if (!is_guarded) return std::nullopt;
    auto departures = departures_of(plan, takes_from_host);
    if (plan.stays_out_of_trial) add_what_is_on_trial(situation, board, plan, departures);
    const auto loss = keyboard_loss(situation.snapshot, situation.use, departures);
    if (!loss.is_total()) return std::nullopt;

    std::string names;
    std::string subject;
    for (const auto& movement : plan.movements) {
        const auto takes = [&](const topology::Keyboard& keyboard) {
            return std::ranges::any_of(keyboard.places,
                                       [&](const auto& place) { return movement.takes(place); });
        };
        if (movement.keyboard_may_go || std::ranges::none_of(loss.going, takes)) continue;
        if (subject.empty()) subject = movement.connector.text();
        names += (names.empty() ? "" : ", ") + movement.connector.text();
    }
    if (subject.empty()) return std::nullopt; // those that take one may
    const bool alone = loss.going.size() == 1;
    auto sentence = format("{} {} the host's {}: {}", names, names == subject ? "holds" : "hold",
                           alone ? "only keyboard" : "last keyboards", topology::short_list_of(loss.going));
    if (!loss.doubtful.empty()) sentence += "; " + loss.left();
    if (!loss.uncounted.empty()) sentence += "; not counted: " + topology::list_of(loss.uncounted);
    // An undo is no trial, and whatever a profile says was said for another change.
    if (std::holds_alternative<UndoRequest>(request.wish))
        return Refusal{Reason::last_keyboard, subject, std::move(sentence), "say yes (yes=1)"};
    return Refusal{
        Reason::last_keyboard, subject, std::move(sentence),
        "try it with a way back (revert-after=30s), say yes (yes=1), or set may_take_last_keyboard in the profile"};
}

std::optional<Refusal> check_unseen(const Situation& situation, const Plan& plan, const Resolved& resolved,
                                    const Request& request)
{
    if (!request.unseen_may_type || keyboard_may_go(resolved, request)) return std::nullopt;
    const auto is_unseen = [&](const Movement& movement) {
        return movement.leaving.empty() && !movement.keyboard_may_go && takes_from_host(movement);
    };
    const auto unseen = std::ranges::find_if(plan.movements, is_unseen);
    if (unseen == plan.movements.end()) return std::nullopt;
    std::vector<topology::PortPath> leaving;
    for (const auto& movement : plan.movements)
        if (takes_from_host(movement))
            leaving.insert(leaving.end(), movement.places.begin(), movement.places.end());
    const auto all = topology::keyboards(situation.snapshot, situation.use.inputs);
    if (!topology::loss_of(all, leaving).staying.empty()) return std::nullopt;
    const auto& name = unseen->connector.text();
    return Refusal{Reason::not_seen_yet, name,
                   format("{} has only just come to the host, and may hold its only keyboard", name),
                   "wait until the kernel has found what is plugged in there"};
}

std::optional<Refusal> check_disks(const Situation& situation, const Plan& plan, const Request& request)
{
    for (const auto& disk : topology::disks_in_use(situation.snapshot, situation.use)) {
        if (std::ranges::find(request.force_disks, disk.disk) != request.force_disks.end()) continue;
        for (const auto& movement : plan.movements) {
            if (!movement.takes(disk.usb)) continue;
            const auto& name = movement.connector.text();
            return Refusal{
                Reason::disk_in_use, name,
                format("{} holds disk {}, which the host uses: {}{}", name, printable(disk.disk, 32),
                       printable(join(disk.chain, " > "), 256), beyond_the_chain(disk)),
                disk.runs_the_system()
                    ? std::string("the host runs from it: it cannot be let go")
                    : format("unmount it, or force it by name: force-disk={}", printable(disk.disk, 32))};
        }
    }
    return std::nullopt;
}

std::optional<Refusal> check_expected(const Situation& situation, const Board& board, const Plan& plan)
{
    for (const auto& movement : plan.movements) {
        if (is_host(movement.owner_after)) continue;
        const auto& connector = *board.find(movement.connector);
        if (const auto* device = unexpected_in(situation.snapshot, board, connector))
            return not_expected(connector, *device);
    }
    return std::nullopt;
}

std::optional<Refusal> check_whose_change(const Situation& situation, const Board& board,
                                          const Request& request)
{
    if (!request.guest || !situation.last_change || !std::holds_alternative<UndoRequest>(request.wish) ||
        is_wholly_of(*situation.last_change, *request.guest, board, situation.settings))
        return std::nullopt;
    return Refusal{Reason::not_the_guests_change, "undo",
                   format("the last change moved sockets that are not {}'s own", request.guest->text()),
                   "move what you want moved by name"};
}

bool stays_out_of_trial(const Situation& situation, const Board& board, const Request& request)
{
    return request.guest && situation.trial && !std::holds_alternative<UndoRequest>(request.wish) &&
           !is_own_trial(*situation.trial, *request.guest, board, situation.settings);
}

std::optional<Refusal> leave_trial_alone(const Situation& situation, const Board& board,
                                         const Request& request, Resolved& resolved)
{
    if (!stays_out_of_trial(situation, board, request)) return std::nullopt;
    // There is one trial at a time, and a way back of its own is what this change would not have.
    if (request.is_trial())
        return Refusal{Reason::not_the_guests_change, "trial",
                       format("a trial is under way that is not entirely {}'s own, and no other can begin",
                              request.guest->text()),
                       "wait until it is over, or leave out revert-after"};
    const auto is_of_others = [&](const Wanted& wanted) {
        const auto part = situation.trial->part_of(wanted.connector->spec);
        return !part.is_empty() && would_move(wanted) &&
               !is_wholly_of(part, *request.guest, board, situation.settings);
    };
    std::vector<std::string> left;
    for (const auto& wanted : resolved.wanted)
        if (is_of_others(wanted)) left.push_back(wanted.connector->spec.name.text());
    if (left.empty()) return std::nullopt;
    std::erase_if(resolved.wanted, is_of_others);
    if (std::ranges::none_of(resolved.wanted, would_move))
        return Refusal{Reason::not_the_guests_change, "trial",
                       format("what this would move is on trial, and is not {}'s own", request.guest->text()),
                       "wait until the trial is over"};
    resolved.profile.reset();
    std::erase_if(resolved.asked, [&](const auto& asked) {
        return std::ranges::find(left, asked.first.text()) != left.end();
    });
    resolved.warnings.push_back(format("{} {} on trial, and not {}'s own: left where {} put",
                                       join(left, ", "), left.size() == 1 ? "is" : "are",
                                       request.guest->text(), left.size() == 1 ? "it was" : "they were"));
    return std::nullopt;
}

bool keyboard_may_go(const Resolved& resolved, const Request& request)
{
    return request.yes || (request.is_trial() && request.may_say_yes) || resolved.may_take_last_keyboard;
}

void add_use_needed(const Situation& situation, Plan& plan)
{
    auto& parts = plan.use_needed;
    for (const auto& movement : plan.movements) {
        for (const auto& path : movement.leaving)
            if (const auto* device = situation.snapshot.device_at(path))
                add_parts(parts, *device, leaves_host(movement));
        parts.disks = parts.disks || std::ranges::any_of(situation.snapshot.blocks, [&](const auto& block) {
                          return block.usb && movement.takes(*block.usb);
                      });
    }
}

std::vector<std::string> loss_warnings(const Situation& situation, const Plan& plan)
{
    std::vector<std::string> warnings;
    // Also what a guest can call back: until it does, the host has what is left.
    const auto loss = keyboard_loss(situation.snapshot, situation.use, departures_of(plan, leaves_host));
    if (!loss.going.empty()) warnings.push_back(loss.left());
    // What a guest has is in nobody's use here.
    const auto all = departures_of(
        plan, [](const Movement& movement) { return !std::holds_alternative<GuestName>(movement.from); });
    for (auto& warning : activity_warnings(situation.snapshot, situation.use, all))
        warnings.push_back(std::move(warning));
    const auto& claims = situation.use.claims;
    if (claims.answer == topology::ClaimsAnswer::absent && plan.use_needed.disks)
        warnings.push_back(
            format("whether a pool, an external journal, a container or a program has claimed the disk "
                   "cannot be seen: {}",
                   claims.why));
    return warnings;
}

} // namespace usbroute::plan
