// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "report/table.hpp"
#include "report/times.hpp"
#include "report/views.hpp"
#include "report/who.hpp"
#include "report/why.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// What was moved, by whom and when.
namespace usbroute::report {

struct LogView {
    int schema = report::schema;
    struct Moved {
        std::string name; ///< of a socket; of what the configuration does not name, its key
        std::string from; ///< "ehci", "xhci", "host", a guest, "nobody"
        std::string to;
    };
    struct Entry {
        std::string when; ///< "2026-11-22T16:00:00Z"; empty: not known
        std::string who;  ///< "control (uid 1000, pid 4711, waybar)"; empty: not known
        std::string what; ///< the request: "toggle to desk-in-windows"
        std::vector<Moved> moved;
    };
    std::vector<Entry> entries; ///< oldest first: what the journal still knows, `apply::remembered` and more
};

/// Which entries of a log somebody wants.
struct LogPart {
    std::optional<Moment> since = {};     ///< entries of an unknown time are left out then
    std::optional<std::size_t> most = {}; ///< the newest
};

/// `past`: oldest first.
[[nodiscard]] LogView log_view(const std::vector<PastChange>& past, const config::Settings& settings,
                               const topology::Snapshot& snapshot);
[[nodiscard]] LogView part_of(LogView view, const LogPart& part);
/// Newest last, as in other logs, and in local time, whose zone is said once.
[[nodiscard]] std::string log_text(const LogView& view, const Style& style, const NameOfUser& name_of);
/// The same for a line of the protocol, in UTC.
[[nodiscard]] std::string log_in_a_line(const LogView& view);

} // namespace usbroute::report
