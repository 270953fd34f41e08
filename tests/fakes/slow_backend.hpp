// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/register_backend.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace usbroute::fakes {

/// What a slow backend has been asked and has not done yet. Outlives the backend.
class Slowness {
public:
    /// Does the one thing that is waited for, and says so. False: nothing is.
    bool let_go()
    {
        if (!waiting_) return false;
        std::exchange(waiting_, nullptr)();
        return true;
    }
    void let_all_go()
    {
        while (let_go()) {}
    }
    [[nodiscard]] bool is_waited_for() const { return waiting_ != nullptr; }
    void wait(std::function<void()> thing) { waiting_ = std::move(thing); }

private:
    std::function<void()> waiting_;
};

/// Writes registers, but as slowly as a backend that has to wait for somebody else.
class SlowBackend final : public apply::Backend {
public:
    SlowBackend(apply::RouteRegisters& registers, Slowness& slowness)
        : inner_(std::make_shared<apply::RegisterBackend>(registers)), slowness_(slowness)
    {}

    void look(Seen seen) override
    {
        slowness_.wait([inner = inner_, seen = std::move(seen)] { inner->look(seen); });
    }
    void act(const plan::Action& action, Seen seen) override
    {
        slowness_.wait([inner = inner_, action, seen = std::move(seen)] { inner->act(action, seen); });
    }

private:
    std::shared_ptr<apply::RegisterBackend> inner_;
    Slowness& slowness_;
};

} // namespace usbroute::fakes
