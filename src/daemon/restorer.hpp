// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/going_back.hpp"
#include "daemon/machine.hpp"
#include "daemon/moved.hpp"
#include "daemon/settling.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace usbroute::daemon {

/// A moment, by two clocks.
struct Moment {
    std::chrono::milliseconds now{};    ///< steady time, which stops while the machine sleeps
    std::chrono::milliseconds asleep{}; ///< how long it has slept since it booted: `Alarm::asleep`
};

/// Brings wires back to where usbroute had put them when somebody else has moved them: firmware and the kernel at
/// a resume, a driver that was loaded again, another program. A writer that keeps at it wins: two writers must
/// not fight for ever. A machine that sleeps often is not a fight: each sleep starts the count again.
///
/// Nobody asks at this moment, so each socket goes by itself with the guards of a move: the host's only keyboard and a disk
/// in use stay where they are, which is said once, and go with a later look that finds them free. A device that has just come
/// to the host is not seen at once: until it would be, a socket without one may hold the only keyboard.
class Restorer {
public:
    Restorer(Machine& machine, TellMoved tell, Wake wake)
        : machine_(machine), tell_(std::move(tell)), wake_(std::move(wake))
    {}

    /// After a look, or after the registers were read.
    void look_again(const Moment& moment);

private:
    void restored(std::chrono::milliseconds at, std::chrono::milliseconds unseen_for,
                  const std::shared_ptr<const topology::Snapshot>& before, WentBack gone);
    [[nodiscard]] bool may_write(const Moment& moment);
    [[nodiscard]] bool would_write(const plan::Request& request) const;
    /// Once for the same reasons; without them, once for the same words.
    void complain(const std::string& why, const std::string& reasons = {});

    Machine& machine_;
    TellMoved tell_;
    Wake wake_;
    Settling settling_;
    std::vector<std::chrono::milliseconds> written_; ///< when, within the last minute
    std::chrono::milliseconds asleep_{};             ///< as of the last time asked
    std::string complaint_;                          ///< said last; the same is not said again
    bool is_restoring_ = false;                      ///< the way back is under way
};

} // namespace usbroute::daemon
