// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/way_back.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::plan {

using config::Settings;
using topology::Connector;

namespace {

/// A connector at the seat and with the SuperSpeed half that the change gives it.
std::expected<Wanted, Refusal> wanted_by(const Change& change, const Connector& connector, const Board& board)
{
    if (auto refusal = why_not_switchable(connector, board)) return std::unexpected(*refusal);
    auto side = *connector.side();
    Wanted wanted{.connector = &connector, .seat = side, .superspeed = connector.superspeed_on, .target = {}};
    if (const auto* shift = change.of(*connector.spec.bit)) {
        side = topology::side_from(shift->to).value_or(side);
        wanted.keyboard_may_go = shift->keyboard_may_go;
    }
    if (const auto* shift = connector.spec.superspeed ? change.of(*connector.spec.superspeed) : nullptr)
        wanted.superspeed = shift->to == route::word_on;
    wanted.seat = side;
    wanted.target = side;
    return wanted;
}

void add(Resolved& resolved, const Wanted& wanted)
{
    resolved.asked.emplace_back(wanted.connector->spec.name, wanted.target);
    resolved.wanted.push_back(wanted);
}

/// Every connector that a change touches; a refusal if one of them cannot be moved.
std::expected<Resolved, Refusal> resolve_change(const Change& change, const Board& board)
{
    Resolved resolved;
    resolved.title = printable(change.title);
    for (const auto& connector : board.connectors) {
        if (!change.touches(connector.spec)) continue;
        const auto wanted = wanted_by(change, connector, board);
        if (!wanted) return std::unexpected(wanted.error());
        add(resolved, *wanted);
    }
    return resolved;
}

/// The same for a wish that goes by socket: what cannot be moved stays.
template <class WhyNot>
Resolved resolve_by_socket(const Change& change, const Board& board, const Wish& wish, WhyNot why_not)
{
    Resolved resolved;
    resolved.title = printable(text_of(wish));
    for (const auto& connector : board.connectors) {
        if (!change.touches(connector.spec)) continue;
        const std::optional<Refusal> refusal = why_not(connector);
        const auto wanted = refusal ? std::unexpected(*refusal) : wanted_by(change, connector, board);
        if (wanted)
            add(resolved, *wanted);
        else
            resolved.staying.push_back({.connector = connector.spec.name, .why = wanted.error()});
    }
    return resolved;
}

/// Going back is wrong if somebody else has the controller by now: a socket that was a guest's would come to the
/// host, or the host's to a guest.
std::optional<Refusal> check_owner(const Change& change, const Connector& connector, const Board& board,
                                   const Settings& settings)
{
    const auto seat = change.seat_before(connector.spec);
    const auto* shift = seat ? change.main_shift(connector.spec) : nullptr;
    if (shift == nullptr || shift->owner_before.empty()) return std::nullopt;
    const auto owner = text_of(owner_at(connector, *seat, settings));
    // Without a driver, or not on the bus: check_routes says more about that.
    if (owner == shift->owner_before || owner == "nobody") return std::nullopt;
    const auto& name = connector.spec.name.text();
    return Refusal{Reason::owner_changed, name,
                   format("{} belonged to {} before \"{}\", and {} has {} by now", name,
                          printable(shift->owner_before, 64), printable(change.title), owner,
                          in_words(board, connector, *seat)),
                   format("give the controller back to {} first, or move {} by name",
                          printable(shift->owner_before, 64), name)};
}

/// The part of a change that is no longer where the change left it.
Change strayed(const Change& change, const Board& board)
{
    auto left = change;
    std::erase_if(left.shifts, [&](const Shift& shift) {
        return route::is_at({.key = shift.key, .word = shift.to}, *board.mux->bits);
    });
    return left;
}

Refusal changed_since(const Change& change, const Board& board)
{
    auto sentence = format("the wires are no longer where \"{}\" left them", printable(change.title));
    const bool is_ours = change.controller == board.mux->xhci->address;
    std::vector<std::string> names;
    if (is_ours)
        for (const auto left = strayed(change, board); const auto& connector : board.connectors)
            if (left.touches(connector.spec)) names.push_back(connector.spec.name.text());
    if (!names.empty())
        sentence += format(": {} {} been moved since", join(names, ", "), names.size() == 1 ? "has" : "have");
    return {Reason::changed_since, names.empty() ? std::string("undo") : names.front(), std::move(sentence),
            "move what you want moved by name"};
}

} // namespace

std::expected<Resolved, Refusal> resolve_undo(const Situation& s, const Board& board)
{
    if (!s.last_change)
        return std::unexpected(Refusal{Reason::nothing_to_undo, "undo",
                                       "no change is remembered since the machine started", ""});
    if (auto refusal = why_not_writable(s.snapshot, board)) return std::unexpected(*refusal);
    const auto& change = *s.last_change;
    const bool still_there =
        change.controller == board.mux->xhci->address && strayed(change, board).is_empty();
    if (!still_there) return std::unexpected(changed_since(change, board));
    for (const auto& connector : board.connectors)
        if (auto refusal = check_owner(change, connector, board, s.settings))
            return std::unexpected(*refusal);
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
    const auto check = [&](const Connector& c) { return check_owner(request.way, c, board, s.settings); };
    auto resolved = resolve_by_socket(request.way.inverse(), board, request, check);
    resolved.may_take_last_keyboard = !request.is_late;
    return resolved;
}

std::expected<Resolved, Refusal> resolve_recovery(const RecoverRequest& request, const Situation& s,
                                                  const Board& board)
{
    if (auto refusal = why_not_writable(s.snapshot, board)) return std::unexpected(*refusal);
    const auto check = [&](const Connector& c) { return check_owner(request.open, c, board, s.settings); };
    return resolve_by_socket(request.open.inverse(), board, request, check);
}

std::expected<Resolved, Refusal> resolve_restore(const Situation& s, const Board& board)
{
    if (auto refusal = why_not_writable(s.snapshot, board)) return std::unexpected(*refusal);
    Resolved nothing;
    nothing.title = text_of(Wish(RestoreRequest{}));
    // What a guest owns is not ours: moving it back would only start a fight.
    if (board.mux->xhci->is_given_away()) return nothing;
    if (!s.standing || s.standing->controller != board.mux->xhci->address) return nothing;
    return resolve_by_socket(*s.standing, board, RestoreRequest{},
                             [](const Connector&) { return std::optional<Refusal>(); });
}

} // namespace usbroute::plan
