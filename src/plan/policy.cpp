// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/policy.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/departure.hpp"

#include <algorithm>
#include <functional>

namespace usbroute::plan {

using topology::Side;
using topology::UseParts;

namespace {

std::optional<Refusal> check_route(const Board& board, const Wanted& wanted, bool yes)
{
    const auto& connector = *wanted.connector;
    const auto& name = connector.spec.name.text();
    if (connector.side == wanted.side) return std::nullopt;
    if (wanted.side == Side::ehci && !connector.route->ehci)
        return Refusal{Reason::no_twin, name,
                       format("{} (bit {}) has no port on an EHCI of the {} chipset", name,
                              connector.spec.bit->value, board.mux->family->name),
                       "it stays on xHCI"};
    const auto* controller = connector.controller_on(wanted.side);
    if (controller == nullptr) {
        const auto& function = board.mux->family->ehcis[connector.route->ehci->controller - 1u];
        return Refusal{
            Reason::nobody_behind_route, name,
            format("{} would go to EHCI #{} (8086:{:04x}, normally 00:{:02x}.0), which is not on the bus",
                   name, connector.route->ehci->controller, function.device_id, function.pci_device),
            "firmware hides it: set its xHCI mode to Auto, Smart Auto or Manual"};
    }
    if ((board.mux->movable_bits() & connector.spec.bit->mask()) == 0)
        return Refusal{Reason::bit_not_movable, name,
                       format("firmware does not let bit {} of XUSB2PR move (XUSB2PRM is 0x{:04x})",
                              connector.spec.bit->value, board.mux->bits->usb2_movable),
                       "look for an xHCI or USB 3 mode option in the firmware set-up"};
    if (controller->driver.empty() && !yes)
        return Refusal{Reason::no_driver, name,
                       format("no driver runs {}, so {} would be dead there", controller->name, name),
                       "bind a driver to it, or say yes if that is what you want (--yes, yes=1)"};
    return std::nullopt;
}

bool is_proven(const Situation& situation, const Owner& owner)
{
    const auto* guest = std::get_if<OwnedByGuest>(&owner);
    return guest != nullptr &&
           std::ranges::find(situation.proven_guests, guest->guest) != situation.proven_guests.end();
}

/// Said by somebody, or there is a way back.
bool keyboard_may_go(const Resolved& resolved, const Request& request)
{
    return request.yes || request.is_trial() || resolved.may_take_last_keyboard;
}

/// What goes to a guest whose line works is not lost: from there it can be called back.
bool takes_from_host(const Situation& situation, const Movement& movement)
{
    return !is_host(movement.owner_after) && !is_proven(situation, movement.owner_after);
}

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
            departures.push_back({.from = movement.connector.text(), .places = movement.leaving});
    return departures;
}

} // namespace

std::optional<Refusal> check_routes(const Board& board, const Resolved& resolved, const Request& request)
{
    for (const auto& wanted : resolved.wanted)
        if (auto refusal = check_route(board, wanted, request.yes)) return refusal;
    return std::nullopt;
}

std::optional<Refusal> check_keyboards(const Situation& situation, const Plan& plan, const Resolved& resolved,
                                       const Request& request)
{
    if (keyboard_may_go(resolved, request)) return std::nullopt;
    const auto loss = keyboard_loss(
        situation.snapshot, situation.use,
        departures_of(plan, [&](const Movement& movement) { return takes_from_host(situation, movement); }));
    if (!loss.is_total()) return std::nullopt;

    std::string names;
    std::string subject;
    for (const auto& movement : plan.movements) {
        const auto takes = [&](const topology::Keyboard& keyboard) {
            return std::ranges::any_of(keyboard.places, [&](const topology::PortPath& place) {
                return std::ranges::find(movement.leaving, place) != movement.leaving.end();
            });
        };
        if (std::ranges::none_of(loss.going, takes)) continue;
        if (subject.empty()) subject = movement.connector.text();
        names += (names.empty() ? "" : ", ") + movement.connector.text();
    }
    const bool alone = loss.going.size() == 1;
    auto sentence = format("{} {} the host's {}: {}", names, names == subject ? "holds" : "hold",
                           alone ? "only keyboard" : "last keyboards", topology::short_list_of(loss.going));
    if (!loss.doubtful.empty()) sentence += "; " + loss.left();
    if (!loss.uncounted.empty()) sentence += "; not counted: " + topology::list_of(loss.uncounted);
    return Refusal{
        Reason::last_keyboard, subject, std::move(sentence),
        "try it with a way back (--revert-after 30s, revert-after=30s), say yes (--yes, yes=1), or "
        "set may_take_last_keyboard in the profile"};
}

std::optional<Refusal> check_disks(const Situation& situation, const Plan& plan, const Request& request)
{
    for (const auto& disk : topology::disks_in_use(situation.snapshot, situation.use)) {
        if (std::ranges::find(request.force_disks, disk.disk) != request.force_disks.end()) continue;
        for (const auto& movement : plan.movements) {
            if (std::ranges::find(movement.leaving, disk.usb) == movement.leaving.end()) continue;
            const auto& name = movement.connector.text();
            return Refusal{
                Reason::disk_in_use, name,
                format("{} holds disk {}, which the host uses: {}{}", name, printable(disk.disk, 32),
                       printable(join(disk.chain, " > "), 256), beyond_the_chain(disk)),
                format("unmount it, or force it by name: --force-disk {}", printable(disk.disk, 32))};
        }
    }
    return std::nullopt;
}

UseParts use_needed(const Situation& situation, const Plan& plan)
{
    UseParts parts;
    for (const auto& movement : plan.movements) {
        for (const auto& path : movement.leaving)
            if (const auto* device = situation.snapshot.device_at(path))
                add_parts(parts, *device, !is_host(movement.owner_after));
        parts.disks =
            parts.disks || std::ranges::any_of(situation.snapshot.blocks, [&](const auto& block) {
                return block.usb && std::ranges::find(movement.leaving, *block.usb) != movement.leaving.end();
            });
    }
    return parts;
}

std::vector<std::string> loss_warnings(const Situation& situation, const Plan& plan)
{
    std::vector<std::string> warnings;
    // Also what a guest can call back: until it does, the host has what is left.
    const auto loss = keyboard_loss(
        situation.snapshot, situation.use,
        departures_of(plan, [](const Movement& movement) { return !is_host(movement.owner_after); }));
    if (!loss.going.empty()) warnings.push_back(loss.left());
    const auto all = departures_of(plan, [](const Movement&) { return true; });
    for (auto& warning : activity_warnings(situation.snapshot, situation.use, all))
        warnings.push_back(std::move(warning));
    // Only for what data can be lost on: a camera that stops is seen.
    if (situation.use.others_unseen && plan.use_needed.disks)
        warnings.emplace_back(
            "whether containers or services with mounts of their own use the disk cannot be "
            "seen: usbroute may not look into them here");
    return warnings;
}

} // namespace usbroute::plan
