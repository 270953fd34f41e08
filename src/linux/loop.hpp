// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace usbroute::linux_ {

enum class Ready : std::uint8_t { readable = 1, writable = 2, both = 3 };

/// A descriptor that the loop looks after; no longer, once this is gone. The descriptor is somebody else's and
/// outlives this object.
class FdWatch {
public:
    FdWatch() = default;
    FdWatch(FdWatch&& other) noexcept;
    FdWatch& operator=(FdWatch&& other) noexcept;
    FdWatch(const FdWatch&) = delete;
    FdWatch& operator=(const FdWatch&) = delete;
    ~FdWatch();

    void want(Ready what);
    /// Not told of anything, an end of the connection included.
    void pause();

private:
    friend class Loop;
    struct State;
    explicit FdWatch(State* state) : state_(state) {}
    State* state_ = nullptr;
};

/// Rings once for each start.
class Timer {
public:
    Timer() = default;
    Timer(Timer&& other) noexcept;
    Timer& operator=(Timer&& other) noexcept;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer();

    /// From now on, also when it runs already.
    void start(std::chrono::milliseconds after);
    void stop();
    [[nodiscard]] bool is_running() const;

private:
    friend class Loop;
    struct State;
    explicit Timer(State* state) : state_(state) {}
    State* state_ = nullptr;
};

/// The one thread that owns all state: calls back when a descriptor is ready, a timer rings, a signal came or an
/// errand is done. With nothing to do it sleeps without any wake-up.
///
/// A callback may destroy the watch or timer that called it. All of them are gone before the loop is.
class Loop {
public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    void run();
    void stop();
    /// Steady time, as of the beginning of this turn.
    [[nodiscard]] std::chrono::milliseconds now() const;

    [[nodiscard]] Result<FdWatch> watch(int fd, std::function<void(Ready)> ready);
    [[nodiscard]] Timer timer(std::function<void()> ring);
    void on_signal(int number, std::function<void()> came);

    /// Runs `work` on the one worker, and then `done` on the loop. For what may wait on a kernel lock: reading
    /// `product` or `serial` of a device that is being torn down takes as long as that does. `work` touches
    /// nothing that the loop's thread uses meanwhile, and what it needs outlives the loop: an errand that is under way
    /// when the loop ends is waited for, and `done` is left out.
    void errand(std::function<void()> work, std::function<void()> done);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace usbroute::linux_
