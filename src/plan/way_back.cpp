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

/// Whom the change gives what is in a connector to; the host, where there is no such guest any more.
Wanted given_by(const Change& change, const Connector& connector)
{
    const auto* shift = change.main_shift(connector.spec);
    auto seat = shift == nullptr ? *connector.at : topology::seat_of_word(shift->to).value_or(*connector.at);
    if (connector.seat(seat) == nullptr) seat = topology::OwnController{};
    config::Target target = config::ToHost{};
    if (const auto* guest = std::get_if<GuestName>(&seat)) target = *guest;
    if (std::holds_alternative<topology::Parked>(seat)) target = config::ToNobody{};
    return {.connector = &connector,
            .seat = std::move(seat),
            .superspeed = {},
            .target = std::move(target),
            .keyboard_may_go = shift != nullptr && shift->keyboard_may_go};
}

/// A connector at the seat and with the SuperSpeed half that the change gives it.
std::expected<Wanted, Refusal> wanted_by(const Change& change, const Connector& connector,
                                         const topology::Snapshot& snapshot, const Board& board)
{
    if (auto refusal = why_not_by_its_means(snapshot, board, connector)) return std::unexpected(*refusal);
    if (means_of(connector) == Means::attach || means_of(connector) == Means::assign)
        return given_by(change, connector);
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
std::expected<Resolved, Refusal> resolve_change(const Change& change, const topology::Snapshot& snapshot,
                                                const Board& board)
{
    Resolved resolved;
    resolved.title = printable(change.title);
    for (const auto* connector : board.all()) {
        if (!change.touches(connector->spec)) continue;
        const auto wanted = wanted_by(change, *connector, snapshot, board);
        if (!wanted) return std::unexpected(wanted.error());
        add(resolved, *wanted);
    }
    return resolved;
}

/// The same for a wish that goes by socket: what cannot be moved stays.
template <class WhyNot>
Resolved resolve_by_socket(const Change& change, const topology::Snapshot& snapshot, const Board& board,
                           const Wish& wish, WhyNot why_not)
{
    Resolved resolved;
    resolved.title = printable(text_of(wish));
    for (const auto* connector : board.all()) {
        if (!change.touches(connector->spec)) continue;
        const std::optional<Refusal> refusal = why_not(*connector);
        const auto wanted =
            refusal ? std::unexpected(*refusal) : wanted_by(change, *connector, snapshot, board);
        if (wanted)
            add(resolved, *wanted);
        else
            resolved.staying.push_back({.connector = connector->spec.name, .why = wanted.error()});
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

bool is_assigned(const Shift& shift, const Board& board)
{
    return std::ranges::any_of(board.all(), [&](const Connector* connector) {
        const auto keys = topology::place_keys(connector->spec);
        return std::ranges::find(keys, shift.key) != keys.end() &&
               connector->at == topology::seat_of_word(shift.to);
    });
}

/// The part of a change that is no longer where the change left it.
Change strayed(const Change& change, const Board& board)
{
    auto left = change;
    std::erase_if(left.shifts, [&](const Shift& shift) {
        if (topology::is_of_a_place(shift.key)) return is_assigned(shift, board);
        return board.mux && board.mux->bits != nullptr &&
               route::is_at({.key = shift.key, .word = shift.to}, *board.mux->bits);
    });
    return left;
}

Refusal changed_since(const Change& change, const Board& board)
{
    auto sentence = format("the wires are no longer where \"{}\" left them", printable(change.title));
    const bool is_ours = is_of_this_board(change, board);
    std::vector<std::string> names;
    if (is_ours)
        for (const auto left = strayed(change, board); const auto* connector : board.all())
            if (left.touches(connector->spec)) names.push_back(connector->spec.name.text());
    if (!names.empty())
        sentence += format(": {} {} been moved since", join(names, ", "), names.size() == 1 ? "has" : "have");
    return {Reason::changed_since, names.empty() ? std::string("undo") : names.front(), std::move(sentence),
            "move what you want moved by name"};
}

/// Wires are moved back through the registers.
std::optional<Refusal> why_not_reversed(const Change& change, const topology::Snapshot& snapshot,
                                        const Board& board)
{
    const bool has_wires = std::ranges::any_of(
        change.shifts, [](const Shift& shift) { return !topology::is_of_a_place(shift.key); });
    return has_wires ? why_not_writable(snapshot, board) : std::nullopt;
}

} // namespace

std::expected<Resolved, Refusal> resolve_undo(const Situation& s, const Board& board)
{
    if (!s.last_change)
        return std::unexpected(Refusal{Reason::nothing_to_undo, "undo",
                                       "no change is remembered since the machine started", ""});
    const auto& change = *s.last_change;
    if (auto refusal = why_not_reversed(change, s.snapshot, board)) return std::unexpected(*refusal);
    const bool still_there = is_of_this_board(change, board) && strayed(change, board).is_empty();
    if (!still_there) return std::unexpected(changed_since(change, board));
    for (const auto* connector : board.all())
        if (auto refusal = check_owner(change, *connector, board, s.settings))
            return std::unexpected(*refusal);
    return resolve_change(change.inverse(), s.snapshot, board);
}

std::expected<Resolved, Refusal> resolve_revert(const RevertRequest& request, const Situation& s,
                                                const Board& board)
{
    if (auto refusal = why_not_reversed(request.way, s.snapshot, board)) return std::unexpected(*refusal);
    if (!is_of_this_board(request.way, board))
        return std::unexpected(
            Refusal{Reason::changed_since, "trial",
                    format("the trial was made on {}, and the registers are those of {} now",
                           request.way.controller.text(), board.mux ? board.mux->xhci->name : "no mux"),
                    "move what you want moved by name"});
    const auto check = [&](const Connector& c) { return check_owner(request.way, c, board, s.settings); };
    auto resolved = resolve_by_socket(request.way.inverse(), s.snapshot, board, request, check);
    resolved.may_take_last_keyboard = !request.is_late;
    return resolved;
}

std::expected<Resolved, Refusal> resolve_recovery(const RecoverRequest& request, const Situation& s,
                                                  const Board& board)
{
    if (auto refusal = why_not_reversed(request.open, s.snapshot, board)) return std::unexpected(*refusal);
    const auto check = [&](const Connector& c) { return check_owner(request.open, c, board, s.settings); };
    return resolve_by_socket(request.open.inverse(), s.snapshot, board, request, check);
}

std::expected<Resolved, Refusal> resolve_restore(const Situation& s, const Board& board)
{
    Resolved nothing;
    nothing.title = text_of(Wish(RestoreRequest{}));
    // What a guest owns is not ours: moving it back would only start a fight.
    if (board.mux && board.mux->xhci->is_given_away()) return nothing;
    if (!s.standing || !is_of_this_board(*s.standing, board)) return nothing;
    if (auto refusal = why_not_reversed(*s.standing, s.snapshot, board)) return std::unexpected(*refusal);
    // Whom a place is for is what is written down: nobody else can have moved it.
    auto wires = *s.standing;
    std::erase_if(wires.shifts, [](const Shift& shift) { return topology::is_of_a_place(shift.key); });
    return resolve_by_socket(wires, s.snapshot, board, RestoreRequest{},
                             [](const Connector&) { return std::optional<Refusal>(); });
}

} // namespace usbroute::plan
