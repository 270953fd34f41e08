// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/lookout.hpp"

#include <functional>
#include <string>
#include <utility>

namespace usbroute::fakes {

/// Somebody who waits, as a session does.
class RecordingWaiter final : public daemon::Waiter {
public:
    /// What it is told goes into `told`, a line each time: "first taken".
    RecordingWaiter(std::string name, std::string& told) : name_(std::move(name)), told_(told) {}
    void looked(daemon::Look look) override
    {
        told_ += name_ + (look == daemon::Look::taken ? " taken\n" : " failed\n");
        if (then) std::exchange(then, nullptr)();
    }
    std::function<void()> then; ///< once

private:
    std::string name_;
    std::string& told_;
};

} // namespace usbroute::fakes
