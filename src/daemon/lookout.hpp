// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/heard_events.hpp"
#include "daemon/machine.hpp"
#include "linux/loop.hpp"
#include "observe/hints.hpp"
#include "observe/scanner.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace usbroute::daemon {

enum class Look : std::uint8_t {
    taken,  ///< what is known is fresh now
    failed, ///< it takes too long, some device's lock is held; or no more files may be opened
};

/// Somebody who waits for a fresh look.
class Waiter {
public:
    virtual ~Waiter() = default;
    /// May destroy the waiter.
    virtual void looked(Look look) = 0;
};

/// For a machine that tells nothing about its changes: each use needs a look of its own.
class NoHints final : public observe::HintSource {
public:
    [[nodiscard]] int fd() const override { return -1; }
    [[nodiscard]] observe::Hints drain() override
    {
        return {.everything = true, .registers = false, .paths = {}};
    }
};

/// Where the scan runs. Reading `product` or `serial` of a live device may wait for its lock.
enum class ScanPlace : std::uint8_t { worker, loop };

class Lookout;

/// Runs something as soon as what is known is fresh: at once, or after a look. Also after one that failed, because then
/// what is known is all there is.
class WhenFresh final : public Waiter {
public:
    WhenFresh(Lookout& lookout, std::function<void()> action);
    ~WhenFresh() override;
    WhenFresh(const WhenFresh&) = delete;
    WhenFresh& operator=(const WhenFresh&) = delete;

    /// Asked for again before it has run, it runs once.
    void run();
    void looked(Look look) override;

private:
    Lookout& lookout_;
    std::function<void()> action_;
    bool is_waiting_ = false;
};

/// Knows whether what is known still holds, and looks again when it does not. A burst of hints becomes one look, when
/// it has been quiet for a moment, at the places that they name; where it is urgent, whatever is plugged in or out is looked at
/// at once. A little later the kernel's lists tell whether that was all. Timers run only then.
class Lookout {
public:
    struct Parts {
        linux_::Loop& loop;
        Machine& machine;
        const observe::Scanner& scanner;
        observe::HintSource& hints;
        const observe::EventCount& events;
        ScanPlace place = ScanPlace::worker;
        /// Whether something is to be done as soon as a device is plugged in or out.
        std::function<bool()> is_urgent = [] { return false; };
    };
    using Found = std::function<void(const Findings&)>;

    Lookout(Parts parts, Found found);

    /// Listens to hints and takes the first look.
    [[nodiscard]] Result<void> begin();
    /// Whether a request may be answered at once. Asks the source of hints, without waiting, and does not take its
    /// silence for an answer: the kernel's count of events has to be that of before the look, or what it lists has to be.
    [[nodiscard]] bool is_fresh();
    /// Whether everything that is known is as the kernel lists it, also what no hint told of. To be asked before anything is
    /// moved by what a look has found.
    [[nodiscard]] bool still_holds();
    /// Is told after a look that began no earlier than the last hint of before this call.
    void wait(Waiter& waiter);
    void forget(const Waiter& waiter);
    /// The machine may have slept: nothing that is known holds.
    void doubt_everything();
    /// Devices there, or what is behind them, may have other drivers, and no event has told of it. Not root hubs.
    void doubt(std::span<const topology::PortPath> places);

private:
    void gather();
    [[nodiscard]] bool is_enough(const topology::Snapshot& fresh);
    void listen();
    void settle();
    void look();
    void finish(std::optional<topology::Snapshot> fresh);
    void expect_the_rest();
    [[nodiscard]] std::optional<std::uint64_t> shown_by_a_look() const;
    void look_for_the_rest();
    void look_later();
    void give_up();
    void tell(std::vector<Waiter*> waiters, Look look);

    Parts parts_;
    Found found_;
    linux_::FdWatch watch_;
    linux_::Timer quiet_;
    linux_::Timer soon_;
    linux_::Timer deadline_;
    linux_::Timer rest_; ///< runs after a look that followed hints
    observe::Hints pending_;
    observe::Hints followed_;               ///< by the look under way
    std::optional<std::uint64_t> counted_;  ///< events, when what is known was last seen to hold
    std::optional<std::uint64_t> counting_; ///< up to which the look under way shows what happened
    HeardEvents heard_;
    std::optional<std::chrono::milliseconds> first_hint_;
    bool looking_ = false;
    bool is_starved_ = false;      ///< no descriptors were left for the last look
    std::vector<Waiter*> waiting_; ///< for the next look
    std::vector<Waiter*> served_;  ///< by the look under way
    std::vector<Waiter*> telling_; ///< just now; null: has gone meanwhile
};

} // namespace usbroute::daemon
