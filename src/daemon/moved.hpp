// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/machine.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace usbroute::daemon {

/// Sockets were moved, and somebody must hear of it: the log, who has subscribed, and who watches what comes of it.
struct Moved {
    Done done;       ///< has steps
    std::string who; ///< for whom, as people read it: "control (uid 1000, pid 4711)", "on_drift"
    std::shared_ptr<const topology::Snapshot> before;
};
using TellMoved = std::function<void(const Moved&)>;

/// Tells of those that have moved something, and not of those that had nothing to do.
void tell_of(std::vector<Done> changes, const std::string& who,
             const std::shared_ptr<const topology::Snapshot>& before, const TellMoved& tell);

} // namespace usbroute::daemon
