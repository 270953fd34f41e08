// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

/// What the daemon wants of an event loop. libuv obeys in uv_loop.hpp; the tests have one whose clock is turned by
/// hand (docs/decisions/0040).
namespace usbroute::linux_ {

enum class Ready : std::uint8_t { readable = 1, writable = 2, both = 3 };

/// A loop's side of a watch or a timer. The loop frees it, at once or later, after it was let go of; nobody is called
/// back from then on.
class WatchHandle {
public:
    virtual void want(Ready what) = 0;
    virtual void pause() = 0;
    virtual void let_go() = 0;

protected:
    ~WatchHandle() = default;
};

class TimerHandle {
public:
    virtual void start(std::chrono::milliseconds after) = 0;
    virtual void stop() = 0;
    [[nodiscard]] virtual bool is_running() const = 0;
    virtual void let_go() = 0;

protected:
    ~TimerHandle() = default;
};

struct LetGo {
    template <class Handle> void operator()(Handle* handle) const { handle->let_go(); }
};

/// A descriptor that the loop looks after; no longer, once this is gone. The descriptor is somebody else's and
/// outlives this object.
class FdWatch {
public:
    FdWatch() = default;
    explicit FdWatch(WatchHandle* handle) : handle_(handle) {}

    void want(Ready what)
    {
        if (handle_) handle_->want(what);
    }
    /// Not told of anything, an end of the connection included.
    void pause()
    {
        if (handle_) handle_->pause();
    }

private:
    std::unique_ptr<WatchHandle, LetGo> handle_;
};

/// Rings once for each start.
class Timer {
public:
    Timer() = default;
    explicit Timer(TimerHandle* handle) : handle_(handle) {}

    /// From now on, also when it runs already.
    void start(std::chrono::milliseconds after) { handle_->start(after); }
    void stop() { handle_->stop(); }
    [[nodiscard]] bool is_running() const { return handle_->is_running(); }

private:
    std::unique_ptr<TimerHandle, LetGo> handle_;
};

/// The one thread that owns all state: calls back when a descriptor is ready, a timer rings or an errand is done.
///
/// Nobody is called back from within their own call. A callback may destroy the watch or timer that called it. All of
/// them are gone before the loop is.
class Loop {
public:
    Loop() = default;
    virtual ~Loop() = default;
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Steady time, as of the beginning of this turn.
    [[nodiscard]] virtual std::chrono::milliseconds now() const = 0;
    [[nodiscard]] virtual Result<FdWatch> watch(int fd, std::function<void(Ready)> ready) = 0;
    [[nodiscard]] virtual Timer timer(std::function<void()> ring) = 0;

    /// Runs `work` on the one worker, and then `done` on the loop. For what may wait on a kernel lock: reading
    /// `product` or `serial` of a device that is being torn down takes as long as that does. `work` touches
    /// nothing that the loop's thread uses meanwhile, and what it needs outlives the loop: an errand that is under way
    /// when the loop ends is waited for, and `done` is left out.
    virtual void errand(std::function<void()> work, std::function<void()> done) = 0;
};

} // namespace usbroute::linux_
