// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "config/settings.hpp"
#include "topology/seat.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Whom one device is for: by a rule, by its socket, or because somebody has said so. Pure (docs/rules.md).
namespace usbroute::plan {

/// A device as rules see it. What is told of it by itself can hold anything, and is only compared.
struct RuledDevice {
    const topology::Device& device;
    std::optional<ConnectorName> socket = {};            ///< the nearest connector that it is in
    std::vector<HubName> hubs = {};                      ///< behind which it is, the nearest first
    std::optional<topology::SeatId> by_hand = {};        ///< somebody has named this device
    std::optional<topology::SeatId> socket_by_hand = {}; ///< somebody has moved its socket
};

/// What says whom a device is for.
enum class Authority : std::uint8_t {
    socket, ///< no rule: whoever its socket is for has it, and the host where it is in none
    rule,
    socket_by_hand, ///< its socket was moved, and no rule says more than that
    by_hand,        ///< the device was moved by its name
};

/// A rule that is for a device, and does not count.
struct LostRule {
    const config::RuleSettings* rule = nullptr;
    std::string why; ///< half a sentence: "dongle counts more: by serial number"
};

struct Judgement {
    Authority by = Authority::socket;
    const config::RuleSettings* rule = nullptr; ///< the one that counts
    std::vector<LostRule> lost = {};            ///< in the order of the configuration
};

/// "Logitech USB Keyboard": what a rule's `name` is compared with.
[[nodiscard]] std::string name_of(const topology::Device& device);
[[nodiscard]] bool matches(const config::RuleMatch& match, const RuledDevice& device);
/// The same whatever the order of the rules is, as long as none of them contradict each other, which the configuration sees to.
/// A hub has no rule.
[[nodiscard]] Judgement judge(const RuledDevice& device, std::span<const config::RuleSettings> rules);

} // namespace usbroute::plan
