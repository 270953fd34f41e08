// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/board.hpp"
#include "plan/plan.hpp"

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::plan {

/// One connector and the seat it shall have.
struct Wanted {
    const topology::Connector* connector = nullptr;
    topology::SeatId seat;
    std::optional<bool> superspeed; ///< absent: follows the seat
    config::Target target;
    /// Asked for by name. A connector that a profile only implies keeps its SuperSpeed half as it is, unless its
    /// wires move.
    bool named = true;
    bool keyboard_may_go = false; ///< a profile says, or said, that the host's last one may

    /// Its SuperSpeed half as it is wished: on at the xHCI, unless somebody has said otherwise.
    [[nodiscard]] bool superspeed_on() const
    {
        return superspeed.value_or(seat == topology::SeatId(topology::Side::xhci));
    }
    [[nodiscard]] bool is_there() const { return connector->at == seat; }
};

/// A request with every name found and every target turned into a seat.
struct Resolved {
    std::string title;
    std::optional<ProfileName> profile;
    bool may_take_last_keyboard = false;
    std::vector<Wanted> wanted;
    std::vector<std::pair<ConnectorName, config::Target>> asked;
    std::vector<std::string> warnings = {};
    std::vector<Stay> staying = {}; ///< where the wish goes by socket
};

/// The seat of the host for one connector, as far as firmware lets it go there.
[[nodiscard]] std::expected<Wanted, Refusal> to_host(const topology::Connector& connector,
                                                     const config::Settings& settings, const Board& board);

/// Whether the mux reaches this connector at all: it has a bit, and the chip has that bit. Nothing: it does.
[[nodiscard]] std::optional<Refusal> why_not_switchable(const topology::Connector& connector,
                                                        const Board& board);

/// The controller of one seat, as a person would look for it: "EHCI #1 0000:00:1d.0".
[[nodiscard]] std::string in_words(const Board& board, const topology::Connector& connector,
                                   const topology::SeatId& seat);

[[nodiscard]] std::expected<Resolved, Refusal> resolve(const Situation& situation, const Board& board,
                                                       const Request& request);

/// True when every connector of the profile is at the seat that the profile asks for.
[[nodiscard]] bool holds(const topology::Snapshot& snapshot, const Board& board,
                         const config::Settings& settings, const config::ProfileSettings& profile);

/// Whether a change was made on the mux of this board; where it has none, on no mux.
[[nodiscard]] bool is_of_this_board(const Change& change, const Board& board);

} // namespace usbroute::plan
