// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/policy.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

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

/// "Logitech USB Keyboard (046d:c31c)", with the reason where it may be none or hangs on something else.
std::string shown(const std::vector<topology::Keyboard>& keyboards)
{
    std::string list;
    for (const auto& keyboard : keyboards) {
        if (!list.empty()) list += ", ";
        list += keyboard.why == "USB" ? keyboard.name : keyboard.with_reason();
    }
    return list;
}

/// What the chain's end does not say: "in the mount namespace of ...", "with swap file ...".
std::string beyond_the_chain(const topology::DiskInUse& disk)
{
    const auto plain = "mounted on " + printable(disk.chain.back());
    if (disk.use.starts_with(plain + ",") || disk.use.starts_with(plain + " in "))
        return disk.use.substr(plain.size());
    return {};
}

/// Which uses an interface can have, by its class (usb.org, Defined Class Codes). Vendor specific ones can be nearly
/// anything.
void add_parts(UseParts& parts, const topology::Interface& interface, bool is_lost)
{
    constexpr std::uint8_t audio = 0x01;
    constexpr std::uint8_t communication = 0x02;
    constexpr std::uint8_t hid = 0x03;
    constexpr std::uint8_t communication_data = 0x0a;
    constexpr std::uint8_t video = 0x0e;
    constexpr std::uint8_t wireless = 0xe0;
    constexpr std::uint8_t vendor_specific = 0xff;
    const auto is = [&](std::uint8_t code) { return interface.device_class == code; };
    if (is_lost && (is(hid) || is(wireless) || is(vendor_specific))) parts.inputs = true;
    if (is(audio)) parts.sound = true;
    if (interface.driver.empty() || interface.driver == "xpad") return; // nothing, and a gamepad
    if (is(communication) || is(communication_data) || is(vendor_specific)) parts.open_devices = true;
    if (is(communication) || is(wireless) || is(vendor_specific)) parts.network = true;
    if (is(video)) parts.open_devices = true;
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
    std::vector<topology::PortPath> leaving;
    bool is_guarded = false;
    for (const auto& movement : plan.movements) {
        if (!takes_from_host(situation, movement)) continue;
        leaving.insert(leaving.end(), movement.leaving.begin(), movement.leaving.end());
        is_guarded = is_guarded || (!movement.keyboard_may_go && !movement.leaving.empty());
    }
    if (!is_guarded) return std::nullopt;
    const auto loss =
        topology::loss_of(topology::keyboards(situation.snapshot, situation.use.inputs), leaving);
    if (!loss.is_total()) return std::nullopt;

    std::string names;
    std::string subject;
    for (const auto& movement : plan.movements) {
        const auto takes = [&](const topology::Keyboard& keyboard) {
            return std::ranges::any_of(keyboard.places, [&](const topology::PortPath& place) {
                return std::ranges::find(movement.leaving, place) != movement.leaving.end();
            });
        };
        if (movement.keyboard_may_go || std::ranges::none_of(loss.going, takes)) continue;
        if (subject.empty()) subject = movement.connector.text();
        names += (names.empty() ? "" : ", ") + movement.connector.text();
    }
    if (subject.empty()) return std::nullopt; // those that take one may
    const bool alone = loss.going.size() == 1;
    auto sentence = format("{} {} the host's {}: {}", names, names == subject ? "holds" : "hold",
                           alone ? "only keyboard" : "last keyboards", shown(loss.going));
    if (!loss.uncounted.empty()) sentence += "; not counted: " + topology::list_of(loss.uncounted);
    return Refusal{
        Reason::last_keyboard, subject, std::move(sentence),
        "try it with a way back (--revert-after 30s, revert-after=30s), say yes (--yes, yes=1), or "
        "set may_take_last_keyboard in the profile"};
}

std::optional<Refusal> check_unseen(const Situation& situation, const Plan& plan, const Resolved& resolved,
                                    const Request& request)
{
    if (!request.unseen_may_type || keyboard_may_go(resolved, request)) return std::nullopt;
    const auto is_unseen = [&](const Movement& movement) {
        return movement.leaving.empty() && !movement.keyboard_may_go && takes_from_host(situation, movement);
    };
    const auto unseen = std::ranges::find_if(plan.movements, is_unseen);
    if (unseen == plan.movements.end()) return std::nullopt;
    std::vector<topology::PortPath> leaving;
    for (const auto& movement : plan.movements)
        if (takes_from_host(situation, movement))
            leaving.insert(leaving.end(), movement.leaving.begin(), movement.leaving.end());
    const auto all = topology::keyboards(situation.snapshot, situation.use.inputs);
    if (topology::loss_of(all, leaving).one_stays) return std::nullopt;
    const auto& name = unseen->connector.text();
    return Refusal{Reason::not_seen_yet, name,
                   format("{} has come to the host just now, and may hold its only keyboard", name),
                   "wait until the kernel has found what is plugged in there"};
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

UseParts use_needed(const Situation& situation, const Plan& plan, const Resolved& resolved,
                    const Request& request)
{
    UseParts parts;
    const bool keyboard_matters = !keyboard_may_go(resolved, request);
    for (const auto& movement : plan.movements) {
        const bool is_lost =
            keyboard_matters && !movement.keyboard_may_go && takes_from_host(situation, movement);
        for (const auto& path : movement.leaving)
            if (const auto* device = situation.snapshot.device_at(path))
                for (const auto& interface : device->interfaces) add_parts(parts, interface, is_lost);
        parts.disks =
            parts.disks || std::ranges::any_of(situation.snapshot.blocks, [&](const auto& block) {
                return block.usb && std::ranges::find(movement.leaving, *block.usb) != movement.leaving.end();
            });
    }
    return parts;
}

std::vector<std::string> activity_warnings(const Situation& situation, const Plan& plan)
{
    std::vector<std::string> warnings;
    for (const auto& movement : plan.movements)
        for (const auto& activity : situation.use.activities) {
            if (std::ranges::find(movement.leaving, activity.usb) == movement.leaving.end()) continue;
            const auto* device = situation.snapshot.device_at(activity.usb);
            warnings.push_back(format("{} takes along {}: {}", movement.connector.text(),
                                      device == nullptr ? activity.usb.text() : device->shown(),
                                      activity.what));
        }
    // Only for what data can be lost on: a camera that stops is seen.
    if (situation.use.others_unseen && plan.use_needed.disks)
        warnings.emplace_back(
            "whether containers or services with mounts of their own use the disk cannot be "
            "seen: usbroute may not look into them here");
    return warnings;
}

} // namespace usbroute::plan
