// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/machine.hpp"

#include <functional>
#include <string>
#include <utility>

namespace usbroute::daemon {

/// Ends what a killed daemon had begun, and says so. What is guarded waits for a later look; what another change has
/// begun to replace is not its business any more.
class Recovery {
public:
    /// `ended`: a change that was cut short is over now, one way or the other.
    Recovery(Machine& machine, std::function<void(const plan::Change& change)> ended)
        : machine_(machine), ended_(std::move(ended))
    {}

    /// As soon as the registers can be read, and after each look from then on. False: another process holds the lock, so
    /// nothing can be said yet.
    bool look_again();
    [[nodiscard]] bool is_over() const { return is_over_; }

private:
    void complain(const std::string& why);

    Machine& machine_;
    std::function<void(const plan::Change&)> ended_;
    bool is_over_ = false;
    int failures_ = 0;
    std::string complaint_; ///< said last; the same is not said again
};

} // namespace usbroute::daemon
