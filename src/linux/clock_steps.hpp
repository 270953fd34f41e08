// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/unique_fd.hpp"

#include <chrono>

namespace usbroute::linux_ {

/// How long the machine has slept since it booted: what CLOCK_BOOTTIME counts and CLOCK_MONOTONIC does not.
[[nodiscard]] std::chrono::milliseconds time_asleep();

/// Becomes readable when the wall clock jumps: the machine has slept, or somebody has set the time. Firmware writes
/// the routing registers on the way back from sleep, and says nothing. No polling: it is a timer that rings never.
class ClockSteps {
public:
    ClockSteps();

    /// Below 0 where the kernel has no such timer.
    [[nodiscard]] int fd() const { return fd_.get(); }
    /// True when the clock has jumped since the last call.
    [[nodiscard]] bool drain();

private:
    void arm();

    UniqueFd fd_;
};

} // namespace usbroute::linux_
