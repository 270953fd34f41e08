// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/check.hpp"
#include "base/format.hpp"
#include "linux/loop.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>

namespace usbroute::fakes {

/// A loop whose clock is turned by hand. Descriptors are real ones, asked without waiting; an errand runs when the test
/// says so. Nothing happens but in `turn`, `settle`, `advance` and `run_errand`.
class FakeLoop final : public linux_::Loop {
public:
    /// What has been busy for that many turns, at one time, would be so for ever.
    static constexpr int most_turns = 10'000;

    ~FakeLoop() override
    {
        leave_errands();
        const auto is_held = [](const auto& one) { return !one->is_let_go; };
        USBROUTE_CHECK(std::ranges::none_of(watches_, is_held) && std::ranges::none_of(timers_, is_held));
    }

    [[nodiscard]] std::chrono::milliseconds now() const override { return now_; }

    [[nodiscard]] Result<linux_::FdWatch> watch(int fd, std::function<void(linux_::Ready)> ready) override
    {
        if (is_full || ::fcntl(fd, F_GETFD) < 0)
            return std::unexpected(
                Error(ErrorKind::failed, format("cannot watch descriptor {}", fd), is_full ? ENOSPC : EBADF));
        watches_.push_back(std::make_unique<Watch>(fd, std::move(ready)));
        return linux_::FdWatch(watches_.back().get());
    }

    [[nodiscard]] linux_::Timer timer(std::function<void()> ring) override
    {
        timers_.push_back(std::make_unique<Timer>(*this, std::move(ring)));
        return linux_::Timer(timers_.back().get());
    }

    void errand(std::function<void()> work, std::function<void()> done) override
    {
        errands_.push_back({.work = std::move(work), .done = std::move(done)});
    }

    /// Rings what is due, and calls whoever watches a descriptor that is ready; each once. False: there was nothing to do.
    bool turn()
    {
        const bool was_busy = ring_and_call();
        free_what_was_let_go();
        return was_busy;
    }
    /// Until there is nothing to do any more at this time.
    void settle()
    {
        int turns = 0;
        while (turn()) USBROUTE_CHECK(++turns < most_turns);
    }
    /// From one timer to the next, up to that much later, and at each of these times until there is nothing to do.
    void advance(std::chrono::milliseconds by)
    {
        const auto end = now_ + by;
        settle();
        for (auto next = next_ring(); next && *next <= end; next = next_ring()) {
            now_ = *next;
            settle();
        }
        now_ = end;
    }

    /// Errands that have not come to their end.
    [[nodiscard]] std::size_t errands() const { return errands_.size(); }
    /// The worker has done the oldest of them. Its end is still to come.
    void work()
    {
        USBROUTE_CHECK(!errands_.empty() && !errands_.front().has_worked);
        errands_.front().has_worked = true;
        errands_.front().work();
    }
    /// The oldest comes to its end, and what follows from it at this time.
    void run_errand()
    {
        USBROUTE_CHECK(!errands_.empty());
        if (!errands_.front().has_worked) work();
        const auto errand = std::move(errands_.front());
        errands_.pop_front();
        errand.done();
        settle();
    }

    /// As at the end of the real loop: an errand that is under way is waited for, and its end is left out.
    void leave_errands()
    {
        for (const auto& errand : std::exchange(errands_, {}))
            if (!errand.has_worked) errand.work();
    }

    /// How long nothing will happen by itself; nothing: for ever, no timer runs.
    [[nodiscard]] std::optional<std::chrono::milliseconds> until_next_ring() const
    {
        const auto next = next_ring();
        return next ? std::optional(*next - now_) : std::nullopt;
    }

    bool is_full = false; ///< no descriptor can be watched any more

private:
    struct Watch final : linux_::WatchHandle {
        Watch(int watched, std::function<void(linux_::Ready)> called) : fd(watched), ready(std::move(called))
        {}
        void want(linux_::Ready what) override { wanted = static_cast<int>(what); }
        void pause() override { wanted = 0; }
        void let_go() override
        {
            is_let_go = true;
            wanted = 0;
        }
        int fd;
        std::function<void(linux_::Ready)> ready;
        int wanted = 0; ///< bits of `Ready`
        bool is_let_go = false;
    };
    struct Timer final : linux_::TimerHandle {
        Timer(FakeLoop& of, std::function<void()> called) : loop(of), ring(std::move(called)) {}
        void start(std::chrono::milliseconds after) override
        {
            at = loop.now_ + after;
            order = ++loop.started_;
        }
        void stop() override { at.reset(); }
        [[nodiscard]] bool is_running() const override { return at.has_value(); }
        void let_go() override
        {
            is_let_go = true;
            at.reset();
        }
        FakeLoop& loop;
        std::function<void()> ring;
        std::optional<std::chrono::milliseconds> at;
        std::uint64_t order = 0; ///< of its start: of two for the same time the earlier one rings first
        bool is_let_go = false;
    };
    /// Also at its end by an exception: fakes::Killed.
    struct Turning {
        explicit Turning(bool& flag) : is_turning(flag)
        {
            USBROUTE_CHECK(!is_turning);
            is_turning = true;
        }
        ~Turning() { is_turning = false; }
        Turning(const Turning&) = delete;
        Turning& operator=(const Turning&) = delete;
        bool& is_turning;
    };
    struct Errand {
        std::function<void()> work;
        std::function<void()> done;
        bool has_worked = false;
    };

    [[nodiscard]] std::optional<std::chrono::milliseconds> next_ring() const
    {
        std::optional<std::chrono::milliseconds> next;
        for (const auto& timer : timers_)
            if (timer->at && (!next || *timer->at < *next)) next = timer->at;
        return next;
    }

    bool ring_and_call()
    {
        const Turning turning(is_turning_);
        const bool has_rung = ring_due();
        return call_ready() || has_rung;
    }

    /// What is started meanwhile is for the next turn, as is what was put off.
    bool ring_due()
    {
        std::vector<Timer*> due;
        for (const auto& timer : timers_)
            if (timer->at && *timer->at <= now_) due.push_back(timer.get());
        std::ranges::sort(due, {}, [](const Timer* timer) { return std::pair(*timer->at, timer->order); });
        const auto last = started_;
        for (auto* timer : due) {
            if (!timer->at || timer->order > last) continue;
            timer->at.reset();
            timer->ring();
        }
        return !due.empty();
    }

    bool call_ready()
    {
        std::vector<pollfd> asked;
        std::vector<Watch*> watching;
        for (const auto& watch : watches_) {
            if (watch->wanted == 0) continue;
            const bool reads = (watch->wanted & static_cast<int>(linux_::Ready::readable)) != 0;
            const bool writes = (watch->wanted & static_cast<int>(linux_::Ready::writable)) != 0;
            const auto events = static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
            asked.push_back({.fd = watch->fd, .events = events, .revents = 0});
            watching.push_back(watch.get());
        }
        if (::poll(asked.data(), asked.size(), 0) <= 0) return false;
        for (std::size_t i = 0; i < asked.size(); ++i) {
            const auto seen = asked[i].revents;
            if (seen == 0) continue;
            // Somebody who watches what was closed would hear of whatever opens next under its number.
            USBROUTE_CHECK((seen & POLLNVAL) == 0 || watching[i]->wanted == 0);
            const int what = ((seen & POLLIN) != 0 ? static_cast<int>(linux_::Ready::readable) : 0) |
                             ((seen & POLLOUT) != 0 ? static_cast<int>(linux_::Ready::writable) : 0);
            // Another one's callback may have paused it, or have let it go.
            if (watching[i]->wanted != 0)
                watching[i]->ready(what == 0 ? linux_::Ready::both : static_cast<linux_::Ready>(what));
        }
        return true;
    }

    void free_what_was_let_go()
    {
        // Apart from the lists: what a callback holds may let go of others when it is freed.
        const auto is_let_go = [](const auto& one) { return one->is_let_go; };
        std::vector<std::unique_ptr<Watch>> watches;
        std::vector<std::unique_ptr<Timer>> timers;
        for (auto& watch : watches_)
            if (is_let_go(watch)) watches.push_back(std::move(watch));
        for (auto& timer : timers_)
            if (is_let_go(timer)) timers.push_back(std::move(timer));
        std::erase(watches_, nullptr);
        std::erase(timers_, nullptr);
    }

    std::chrono::milliseconds now_ = std::chrono::seconds(1000);
    std::uint64_t started_ = 0;
    std::vector<std::unique_ptr<Watch>> watches_;
    std::vector<std::unique_ptr<Timer>> timers_;
    std::deque<Errand> errands_;
    bool is_turning_ = false;
};

} // namespace usbroute::fakes
