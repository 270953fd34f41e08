// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "daemon/allowance.hpp"
#include "daemon/guest_line.hpp"

#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <variant>

namespace usbroute::daemon {

/// A listener as the daemon runs it: its rights, and what has gone through it.
struct Entrance {
    config::ListenerSettings settings;
    std::size_t clients = 0;
    LineCounts counts; ///< of a guest's line
    Allowance allowance;
    std::size_t speakers = 0; ///< of a guest's line: clients that have said a command since they came
    std::optional<std::chrono::milliseconds> last_complaint;

    [[nodiscard]] bool is_tcp() const { return std::holds_alternative<config::TcpAddress>(settings.address); }
    [[nodiscard]] bool is_guest() const { return settings.guest.has_value(); }
    [[nodiscard]] const std::string& name() const { return settings.name.text(); }
};

/// A list, so that an entrance stays where it is while others come and go.
using Entrances = std::list<Entrance>;

} // namespace usbroute::daemon
