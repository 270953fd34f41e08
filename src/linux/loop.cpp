// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/loop.hpp"

#include "base/check.hpp"
#include "base/format.hpp"

#include <uv.h>

#include <cstdlib>
#include <utility>
#include <vector>

namespace usbroute::linux_ {

namespace {

/// libuv's handles are structures with a common beginning; its own examples cast the same way.
template <class Handle> uv_handle_t* base_of(Handle& handle)
{
    return reinterpret_cast<uv_handle_t*>(&handle);
}

/// libuv frees nothing at once: what a handle belongs to lives until the loop has let go of it.
template <class State> void close_and_delete(State* state)
{
    if (state == nullptr) return;
    uv_close(base_of(state->handle), [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

struct Errand {
    uv_work_t request{};
    std::function<void()> work;
    std::function<void()> done;
};

} // namespace

struct FdWatch::State {
    uv_poll_t handle{};
    std::function<void(Ready)> ready;
    int wanted = 0;
};

struct Timer::State {
    uv_timer_t handle{};
    std::function<void()> ring;
};

struct Loop::State {
    uv_loop_t loop{};
    struct Signal {
        uv_signal_t handle{};
        std::function<void()> came;
    };
    std::vector<Signal*> signals;
    bool is_ending = false; ///< whoever waits for an errand may be gone
};

FdWatch::FdWatch(FdWatch&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

FdWatch& FdWatch::operator=(FdWatch&& other) noexcept
{
    if (this != &other) {
        close_and_delete(state_);
        state_ = std::exchange(other.state_, nullptr);
    }
    return *this;
}

FdWatch::~FdWatch() { close_and_delete(state_); }

void FdWatch::want(Ready what)
{
    static_assert(static_cast<int>(Ready::readable) == UV_READABLE &&
                  static_cast<int>(Ready::writable) == UV_WRITABLE);
    const int events = static_cast<int>(what);
    if (state_ == nullptr || state_->wanted == events) return;
    state_->wanted = events;
    const auto ready = [](uv_poll_t* handle, int status, int seen) {
        auto* state = static_cast<State*>(handle->data);
        // An error on the descriptor is for the next read or write to report.
        const int all = static_cast<int>(Ready::both);
        state->ready(static_cast<Ready>(status < 0 || (seen & all) == 0 ? all : seen & all));
    };
    USBROUTE_CHECK(uv_poll_start(&state_->handle, events, ready) == 0);
}

void FdWatch::pause()
{
    if (state_ == nullptr || state_->wanted == 0) return;
    state_->wanted = 0;
    uv_poll_stop(&state_->handle);
}

Timer::Timer(Timer&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

Timer& Timer::operator=(Timer&& other) noexcept
{
    if (this != &other) {
        close_and_delete(state_);
        state_ = std::exchange(other.state_, nullptr);
    }
    return *this;
}

Timer::~Timer() { close_and_delete(state_); }

void Timer::start(std::chrono::milliseconds after)
{
    const auto ring = [](uv_timer_t* handle) { static_cast<State*>(handle->data)->ring(); };
    USBROUTE_CHECK(uv_timer_start(&state_->handle, ring, static_cast<std::uint64_t>(after.count()), 0) == 0);
}

void Timer::stop() { uv_timer_stop(&state_->handle); }

bool Timer::is_running() const { return uv_is_active(base_of(state_->handle)) != 0; }

Loop::Loop() : state_(std::make_unique<State>())
{
    // One worker: on two, a scan could see half of a step. libuv reads this once, before its first errand.
    ::setenv("UV_THREADPOOL_SIZE", "1", 1); // NOLINT(concurrency-mt-unsafe): there is no other thread yet
    USBROUTE_CHECK(uv_loop_init(&state_->loop) == 0);
    state_->loop.data = state_.get();
}

Loop::~Loop()
{
    state_->is_ending = true;
    for (auto* signal : state_->signals) close_and_delete(signal);
    // What was closed is let go of here, and an errand that is still under way is waited for.
    uv_run(&state_->loop, UV_RUN_DEFAULT);
    USBROUTE_CHECK(uv_loop_close(&state_->loop) == 0);
}

void Loop::run() { uv_run(&state_->loop, UV_RUN_DEFAULT); }

void Loop::stop() { uv_stop(&state_->loop); }

std::chrono::milliseconds Loop::now() const
{
    return std::chrono::milliseconds(static_cast<std::int64_t>(uv_now(&state_->loop)));
}

Result<FdWatch> Loop::watch(int fd, std::function<void(Ready)> ready)
{
    auto state = std::make_unique<FdWatch::State>();
    state->handle.data = state.get();
    state->ready = std::move(ready);
    if (const int error = uv_poll_init(&state_->loop, &state->handle, fd); error < 0)
        return std::unexpected(Error(ErrorKind::failed, format("cannot watch descriptor {}", fd), -error));
    return FdWatch(state.release());
}

Timer Loop::timer(std::function<void()> ring)
{
    auto* state = new Timer::State;
    state->handle.data = state;
    state->ring = std::move(ring);
    uv_timer_init(&state_->loop, &state->handle);
    return Timer(state);
}

void Loop::on_signal(int number, std::function<void()> came)
{
    auto* signal = new State::Signal;
    signal->handle.data = signal;
    signal->came = std::move(came);
    uv_signal_init(&state_->loop, &signal->handle);
    state_->signals.push_back(signal);
    const auto arrived = [](uv_signal_t* handle, int) { static_cast<State::Signal*>(handle->data)->came(); };
    USBROUTE_CHECK(uv_signal_start(&signal->handle, arrived, number) == 0);
}

void Loop::errand(std::function<void()> work, std::function<void()> done)
{
    auto* errand = new Errand{.request = {}, .work = std::move(work), .done = std::move(done)};
    errand->request.data = errand;
    const auto run = [](uv_work_t* request) { static_cast<Errand*>(request->data)->work(); };
    const auto after = [](uv_work_t* request, int) {
        const std::unique_ptr<Errand> ended(static_cast<Errand*>(request->data));
        if (!static_cast<State*>(request->loop->data)->is_ending) ended->done();
    };
    USBROUTE_CHECK(uv_queue_work(&state_->loop, &errand->request, run, after) == 0);
}

} // namespace usbroute::linux_
