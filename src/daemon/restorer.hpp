// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/machine.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace usbroute::daemon {

/// A moment, by two clocks.
struct Moment {
    std::chrono::milliseconds now{};    ///< steady time, which stands still while the machine sleeps
    std::chrono::milliseconds asleep{}; ///< how long it has slept since it booted: `linux_::time_asleep`
};

/// Brings wires back to where usbroute had put them when somebody else has moved them: firmware and the kernel at
/// a resume, a driver that was loaded again, another program. Who does it again and again wins: two writers must
/// not fight for ever. A machine that sleeps again and again is no fight: each sleep begins the count anew.
class Restorer {
public:
    using Tell = std::function<void(const Done&)>;

    Restorer(Machine& machine, Tell tell) : machine_(machine), tell_(std::move(tell)) {}

    /// After a look, or after the registers were read.
    void look_again(const Moment& moment);

private:
    [[nodiscard]] bool may_write(const Moment& moment);
    void complain(const std::string& why);

    Machine& machine_;
    Tell tell_;
    std::vector<std::chrono::milliseconds> written_; ///< when, within the last minute
    std::chrono::milliseconds asleep_{};             ///< as of the last time asked
    std::string complaint_;                          ///< said last; the same is not said again
};

} // namespace usbroute::daemon
