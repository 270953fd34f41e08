// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Which of two rules counts, whatever the order in which they are written (docs/rules.md).
namespace usbroute::config {

/// By what a rule knows a device: the earlier counts more.
enum class RuleRank : std::uint8_t {
    always,
    device_at_socket, ///< id or serial number, and a socket
    serial,
    id,
    socket,
    hub,
    kind, ///< class, interface, name, fixed or removable
};
[[nodiscard]] RuleRank rank_of(const RuleSettings& rule);
/// "by serial number"
[[nodiscard]] std::string_view text_of(RuleRank rank);

/// Whether each device that is as `one` says is as `other` says, too, so that `one` says at least as much.
[[nodiscard]] bool says_all_of(const RuleMatch& one, const RuleMatch& other);
/// Whether no device can be as both say: a device has one id, one serial number, one nearest socket, and is removable or not.
[[nodiscard]] bool exclude_each_other(const RuleMatch& one, const RuleMatch& other);
/// Of two rules that are both for a device: by rank, and within a rank the one that says all that the other says, and more. Not
/// asked of two that name different hubs, of which the nearer counts.
[[nodiscard]] bool counts_more(const RuleSettings& one, const RuleSettings& other);

/// Pairs of which neither counts more, that can both be for one device and leave it to different ones, unless a third
/// rule counts more than both for each such device. In the order of the file; at most `most`.
[[nodiscard]] std::vector<std::pair<const RuleSettings*, const RuleSettings*>>
contradictions(std::span<const RuleSettings> rules, std::size_t most);

/// "windows", "ask windows, linux": whom a rule leaves a device to.
[[nodiscard]] std::string whom_in_words(const RuleSettings& rule);
/// "id 046d:c31c, socket rear-1": what it asks of a device, printable.
[[nodiscard]] std::string text_of(const RuleMatch& match);

} // namespace usbroute::config
