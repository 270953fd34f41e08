// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/unique_fd.hpp"

#include <chrono>
#include <string>

namespace usbroute::linux_ {

/// Time since the machine started, time asleep included: nobody can set it, and it means the same to a process that is
/// started again. After another boot it means nothing.
[[nodiscard]] std::chrono::milliseconds time_since_boot();
/// The kernel's word for this boot; empty where it does not tell.
[[nodiscard]] std::string boot_id();

/// Becomes readable at a time since boot; at once where that has passed while the machine slept.
class BootAlarm {
public:
    BootAlarm();

    /// Below 0 where the kernel has no such timer.
    [[nodiscard]] int fd() const { return fd_.get(); }
    void ring_at(std::chrono::milliseconds when);
    void silence();
    /// After it has become readable.
    void drain();

private:
    UniqueFd fd_;
};

} // namespace usbroute::linux_
