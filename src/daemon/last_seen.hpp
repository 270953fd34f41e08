// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "daemon/machine.hpp"
#include "report/views.hpp"
#include "topology/snapshot.hpp"

#include <map>
#include <string>

namespace usbroute::daemon {

/// What was in a socket when the mux, or a handover of its controller, took it out of the host's sight. In memory alone: after a
/// restart of the daemon nobody can tell whether it is still there.
///
/// One line of at most 64 characters for each connector of the board, so it is bounded by that. It is gone when something is seen
/// there again, and when what was there leaves while the host has the socket.
class LastSeen {
public:
    /// After each look.
    void look(const Findings& findings, const topology::Snapshot& now, const config::Settings& settings);
    /// Adds it to the sockets that a guest has and in which nothing can be seen.
    void show(report::StatusView& view) const;
    void show(report::ConnectorView& connector) const;

private:
    std::map<std::string, std::string> texts_; ///< by connector; safe to print
};

} // namespace usbroute::daemon
