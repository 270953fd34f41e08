// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/moved.hpp"

#include <utility>

namespace usbroute::daemon {

void tell_of(std::vector<Done> changes, const std::string& who,
             const std::shared_ptr<const topology::Snapshot>& before, const TellMoved& tell)
{
    for (auto& done : changes)
        if (done.plan->changes_something()) tell({.done = std::move(done), .who = who, .before = before});
}

} // namespace usbroute::daemon
