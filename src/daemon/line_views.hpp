// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/entrance.hpp"
#include "daemon/guests.hpp"
#include "report/views.hpp"

#include <vector>

namespace usbroute::daemon {

/// Where a listener is, as messages say it: a path, or an address with its port.
[[nodiscard]] std::string place_of(const config::ListenerSettings& listener);

/// Guests' lines over which a command may be given now, by somebody who has given one since the line was opened:
/// `plan::Situation::lines`.
[[nodiscard]] std::vector<config::ListenerSettings> lines_in_use(const Entrances& entrances,
                                                                 std::chrono::milliseconds now);

/// The guests' lines, for `status`.
[[nodiscard]] std::vector<report::LineView> line_views(const Entrances& entrances, const Guests& guests);

} // namespace usbroute::daemon
