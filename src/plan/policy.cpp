#include "plan/policy.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::plan {

using topology::Side;

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
    if (request.yes || request.is_trial() || resolved.may_take_last_keyboard) return std::nullopt;
    const topology::Device* last = nullptr;
    const Movement* taken_by = nullptr;
    for (const auto& device : situation.snapshot.devices) {
        if (!device->is_keyboard()) continue;
        const auto takes = [&](const Movement& movement) {
            return !is_host(movement.owner_after) &&
                   std::ranges::find(movement.leaving, device->path) != movement.leaving.end();
        };
        const auto movement = std::ranges::find_if(plan.movements, takes);
        if (movement == plan.movements.end()) return std::nullopt; // this one stays
        if (is_proven(situation, movement->owner_after))
            return std::nullopt; // from there it can be called back
        last = device.get();
        taken_by = &*movement;
    }
    if (last == nullptr) return std::nullopt;
    const auto& name = taken_by->connector.text();
    return Refusal{Reason::last_keyboard, name,
                   format("{} holds the host's only keyboard: {}", name, last->shown()),
                   "say yes (--yes, yes=1), or set may_take_last_keyboard in the profile"};
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
                format("{} holds disk {}, which the host uses: {}, {}", name, printable(disk.disk, 32),
                       printable(join(disk.chain, " > ")), disk.use),
                format("unmount it, or force it by name: --force-disk {}", printable(disk.disk, 32))};
        }
    }
    return std::nullopt;
}

} // namespace usbroute::plan
