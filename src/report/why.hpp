// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/plan.hpp"
#include "report/table.hpp"
#include "report/views.hpp"
#include "report/who.hpp"

#include <chrono>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

/// The history and the present of one connector.
namespace usbroute::report {

/// A change that was carried out, as the journal remembers it.
struct PastChange {
    plan::Change change;
    std::chrono::sys_seconds when{}; ///< zero: not known
    std::string who;                 ///< empty: not known
};

struct WhyView {
    int schema = report::schema;
    ConnectorView connector; ///< of a device in no known socket: its place for a name, and its owner
    /// A rule that is for a device, and does not count.
    struct Lost {
        std::string rule;
        std::string to; ///< "windows", "ask windows, host"
        std::string why;
    };
    /// Of a device that was asked for: what says whom it is for.
    struct OfDevice {
        std::string place; ///< "3-2.1"
        std::string name;  ///< "Logitech USB Keyboard (046d:c31c)"
        std::string owner; ///< whom it is for
        std::string by;    ///< "rule", "hand", "socket-by-hand", "socket"
        std::string rule;  ///< the one that counts; empty: none does
        std::string says;  ///< what that one asks of a device, and where it is written; empty: none does
        std::vector<Lost> lost;
    };
    std::optional<OfDevice> device; ///< nothing: a socket was asked for
    std::string since;              ///< "2026-11-22T16:00:00Z"; empty: not known, or never moved
    std::string by;                 ///< "control (uid 1000, pid 4711, waybar)"; empty: not known
    std::string
        what; ///< the request: "toggle to desk-in-windows"; empty: not moved since the machine started
    bool strayed = false; ///< somebody else has moved it since
    struct Past {
        std::string when, who, what;
        std::string to; ///< "ehci", "xhci"; empty: only the SuperSpeed half moved
    };
    std::vector<Past> history; ///< newest first
    struct Move {
        std::string to;       ///< "host", a guest, "ehci", "xhci"
        std::string code;     ///< "ok", "already", or that of a refusal
        std::string sentence; ///< empty: nothing speaks against it
        std::string remedy;
        std::vector<std::string> warnings;
    };
    std::vector<Move> moves;          ///< what would happen now
    std::optional<int> trial_seconds; ///< until it is taken back; nothing: it is not on trial
    std::string trial_way_back;
    std::string trial_why_out; ///< its time is over, and why this is still out
};

/// All that the answer may look at. `decide` plans as the daemon or the command would, and touches nothing.
struct Asked {
    const topology::Snapshot& snapshot;
    const config::Settings& settings;
    const topology::HostUse& use;
    const std::vector<PastChange>& past; ///< oldest first
    std::function<plan::Outcome(const plan::Request&)> decide;
    std::vector<plan::GivenSocket> given = {}; ///< known to the daemon alone
};

/// The socket that a name is of; of a device (`plan::devices_named`), the one in which that is plugged in. Nothing: there is none.
[[nodiscard]] std::optional<ConnectorName>
socket_meant(const ConnectorName& name, const topology::Snapshot& snapshot, const config::Settings& settings);

/// A refusal where there is no such connector.
[[nodiscard]] std::expected<WhyView, plan::Refusal> why_view(const ConnectorName& name, const Asked& asked);
/// In local time.
[[nodiscard]] std::string why_text(const WhyView& view, const Style& style, const NameOfUser& name_of);
/// The same for a line of the protocol, in UTC.
[[nodiscard]] std::string why_in_a_line(const WhyView& view);

} // namespace usbroute::report
