// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/check.hpp"
#include "libvirt/crew.hpp"

#include <deque>
#include <functional>
#include <utility>

namespace usbroute::fakes {

/// A crew whose work is done when the test says so, in any order: what is never done hangs.
class FakeCrew final : public libvirt::Crew {
public:
    void put(std::function<void()> work, std::function<void()> done) override
    {
        jobs_.push_back({.work = std::move(work), .done = std::move(done)});
    }

    [[nodiscard]] std::size_t jobs() const { return jobs_.size(); }
    /// One of the crew has begun, and will come back some time.
    void work(std::size_t which = 0)
    {
        USBROUTE_CHECK(which < jobs_.size() && !jobs_[which].has_worked);
        jobs_[which].has_worked = true;
        jobs_[which].work();
    }
    /// It has come back.
    void finish(std::size_t which = 0)
    {
        USBROUTE_CHECK(which < jobs_.size());
        if (!jobs_[which].has_worked) work(which);
        const auto done = std::move(jobs_[which].done);
        jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(which));
        done();
    }
    void finish_all()
    {
        while (!jobs_.empty()) finish();
    }

private:
    struct FakeJob {
        std::function<void()> work;
        std::function<void()> done;
        bool has_worked = false;
    };
    std::deque<FakeJob> jobs_;
};

} // namespace usbroute::fakes
