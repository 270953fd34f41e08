// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/machine.hpp"
#include "daemon/moved.hpp"
#include "daemon/settling.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace usbroute::daemon {

/// Makes the profile of `[routes] at_start` hold, once after a boot: as soon as the controllers that it needs are
/// there, however late they come. A socket that somebody has asked for since the boot stays where he wants it. Where the
/// host's only keyboard may be among what the kernel has not found yet, it waits until it would have been.
class FirstRoutes {
public:
    FirstRoutes(Machine& machine, TellMoved tell, Wake wake)
        : machine_(machine), tell_(std::move(tell)), wake_(std::move(wake))
    {}

    /// After a look, and after the configuration was read. `now`: steady time.
    void look_again(std::chrono::milliseconds now);

private:
    void carried(std::chrono::milliseconds unseen_for,
                 const std::shared_ptr<const topology::Snapshot>& before, Carried carried);
    void end();
    void complain(const std::string& why);

    Machine& machine_;
    TellMoved tell_;
    Wake wake_;
    Settling settling_;
    bool is_over_ = false;
    bool is_under_way_ = false;
    int failures_ = 0;
    std::string complaint_; ///< said last; the same is not said again
};

} // namespace usbroute::daemon
