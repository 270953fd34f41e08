// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/way_back.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::plan {

using config::Settings;
using topology::Connector;
using topology::Side;

namespace {

/// Every connector that a change touches, on the side and with the SuperSpeed half that the change gives it.
std::expected<Resolved, Refusal> resolve_change(const Change& change, const Board& board)
{
    Resolved resolved;
    resolved.title = printable(change.title);
    for (const auto& connector : board.connectors) {
        if (!connector.spec.bit) continue;
        const auto mask = connector.spec.bit->mask();
        const auto ss_mask = connector.spec.superspeed ? connector.spec.superspeed->mask() : 0;
        if ((change.usb2.mask & mask) == 0 && (change.superspeed.mask & ss_mask) == 0) continue;
        if (auto refusal = why_not_switchable(connector, board)) return std::unexpected(*refusal);
        Wanted wanted{.connector = &connector,
                      .side = *connector.side,
                      .superspeed = connector.superspeed_on,
                      .target = {}};
        if ((change.usb2.mask & mask) != 0)
            wanted.side = (change.usb2.after & mask) != 0 ? Side::xhci : Side::ehci;
        if ((change.superspeed.mask & ss_mask) != 0)
            wanted.superspeed = (change.superspeed.after & ss_mask) != 0;
        wanted.target = wanted.side;
        resolved.wanted.push_back(wanted);
        resolved.asked.emplace_back(connector.spec.name, wanted.target);
    }
    return resolved;
}

/// Going back is wrong where somebody else has the controller by now: a socket that was a guest's would come to the
/// host, or the host's to a guest.
std::optional<Refusal> check_owners(const Change& change, const Board& board, const Settings& settings)
{
    for (const auto& connector : board.connectors) {
        if (!connector.spec.bit || (change.usb2.mask & connector.spec.bit->mask()) == 0) continue;
        const auto bit = connector.spec.bit->mask();
        const auto owned = std::ranges::find_if(
            change.owners_before, [&](const OwnedBits& owner) { return (owner.bits & bit) != 0; });
        if (owned == change.owners_before.end()) continue;
        const auto side = (change.usb2.before & bit) != 0 ? Side::xhci : Side::ehci;
        const auto owner = text_of(owner_of(connector.controller_on(side), settings));
        // Without a driver, or not on the bus: check_routes says more about that.
        if (owner == owned->owner || owner == "nobody") continue;
        const auto& name = connector.spec.name.text();
        return Refusal{Reason::owner_changed, name,
                       format("{} belonged to {} before \"{}\", and {} has {} by now", name,
                              printable(owned->owner, 64), printable(change.title), owner,
                              in_words(connector, side)),
                       format("give the controller back to {} first, or move {} by name",
                              printable(owned->owner, 64), name)};
    }
    return std::nullopt;
}

} // namespace

std::expected<Resolved, Refusal> resolve_undo(const Situation& s, const Board& board)
{
    if (!s.last_change)
        return std::unexpected(Refusal{Reason::nothing_to_undo, "undo",
                                       "no change is remembered since the machine started", ""});
    if (auto refusal = why_not_writable(s.snapshot, board)) return std::unexpected(*refusal);
    const auto& change = *s.last_change;
    const auto& bits = *board.mux->bits;
    const bool still_there = change.controller == board.mux->xhci->address &&
                             (bits.usb2_owner & change.usb2.mask) == change.usb2.after &&
                             (bits.superspeed_on & change.superspeed.mask) == change.superspeed.after;
    if (!still_there)
        return std::unexpected(
            Refusal{Reason::changed_since, "undo",
                    format("the wires are no longer where \"{}\" left them", printable(change.title)),
                    "move what you want moved by name"});
    if (auto refusal = check_owners(change, board, s.settings)) return std::unexpected(*refusal);
    return resolve_change(change.inverse(), board);
}

std::expected<Resolved, Refusal> resolve_revert(const RevertRequest& request, const Situation& s,
                                                const Board& board)
{
    if (auto refusal = why_not_writable(s.snapshot, board)) return std::unexpected(*refusal);
    if (request.way.controller != board.mux->xhci->address)
        return std::unexpected(
            Refusal{Reason::changed_since, "trial",
                    format("the trial was made on {}, and the registers are those of {} now",
                           request.way.controller.text(), board.mux->xhci->name),
                    "move what you want moved by name"});
    if (auto refusal = check_owners(request.way, board, s.settings)) return std::unexpected(*refusal);
    auto resolved = resolve_change(request.way.inverse(), board);
    if (!resolved) return resolved;
    resolved->title = printable(text_of(Wish(request)));
    resolved->may_take_last_keyboard = true;
    return resolved;
}

std::expected<Resolved, Refusal> resolve_restore(const Situation& s, const Board& board)
{
    if (auto refusal = why_not_writable(s.snapshot, board)) return std::unexpected(*refusal);
    Resolved nothing;
    nothing.title = text_of(Wish(RestoreRequest{}));
    // What a guest owns is not ours: it would only be a fight.
    if (board.mux->xhci->is_given_away()) return nothing;
    if (!s.standing || s.standing->controller != board.mux->xhci->address) return nothing;
    auto resolved = resolve_change(*s.standing, board);
    if (!resolved) return resolved;
    resolved->title = nothing.title;
    resolved->may_take_last_keyboard = true;
    return resolved;
}

} // namespace usbroute::plan
