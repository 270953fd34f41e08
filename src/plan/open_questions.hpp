// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/board.hpp"
#include "plan/plan.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Devices about which rules ask who is to have them, and what an answer means. Pure (docs/rules.md).
namespace usbroute::plan {

/// Nobody has this device until somebody answers.
struct OpenQuestion {
    const topology::Device* device = nullptr;
    RuleName rule;                       ///< that asks
    std::optional<ConnectorName> socket; ///< in which the device is
    std::vector<config::Target> answers; ///< those that the rule offers, two at least
};

/// By path.
[[nodiscard]] std::vector<OpenQuestion> open_questions(const Board& board,
                                                       const topology::Snapshot& snapshot);

/// Those that may be answered over this guest's line: about devices in sockets that the guest sees (plan/sight.hpp), with the guest
/// itself among the answers.
[[nodiscard]] std::vector<OpenQuestion> questions_for(const GuestName& guest,
                                                      std::vector<OpenQuestion> questions,
                                                      const config::Settings& settings,
                                                      const topology::Snapshot& snapshot);

/// What a request comes to once the question is known that it answers.
struct Answered {
    Request request; ///< of an answer: the move of the device that it is; any other one is as it was
    /// The rule that leaves just this device to whoever was named from now on; it has no name yet. Nothing: nobody asked for it.
    std::optional<config::RuleSettings> lasting;
};

/// A refusal: no question is open about this device, it is not said about which of several, the rule does not offer this answer, or no
/// rule tells this device from others. On the board it is then where the answer takes it from.
[[nodiscard]] std::expected<Answered, Refusal> with_answer_as_move(Board& board, const Situation& situation,
                                                                   Request request);

/// By its ids and its serial number, or by its ids and the connector it is in. Nothing: neither tells it from other devices.
[[nodiscard]] std::optional<config::RuleSettings> lasting_rule(const Board& board, const Situation& situation,
                                                               const topology::Device& device,
                                                               const config::Target& to);

} // namespace usbroute::plan
