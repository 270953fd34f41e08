// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/uv_loop.hpp"

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
template <class Owner> void close_and_delete(Owner* owner)
{
    uv_close(base_of(owner->handle), [](uv_handle_t* handle) { delete static_cast<Owner*>(handle->data); });
}

class UvWatch final : public WatchHandle {
public:
    explicit UvWatch(std::function<void(Ready)> ready) : ready_(std::move(ready)) { handle.data = this; }
    void want(Ready what) override;
    void pause() override;
    void let_go() override { close_and_delete(this); }

    uv_poll_t handle{};

private:
    void listen();
    static void heard(uv_poll_t* poll, int status, int seen);

    std::function<void(Ready)> ready_;
    int wanted_ = 0;
};

void UvWatch::want(Ready what)
{
    static_assert(static_cast<int>(Ready::readable) == UV_READABLE &&
                  static_cast<int>(Ready::writable) == UV_WRITABLE);
    const int events = static_cast<int>(what);
    if (wanted_ == events) return;
    wanted_ = events;
    listen();
}

void UvWatch::listen() { USBROUTE_CHECK(uv_poll_start(&handle, wanted_, heard) == 0); }

void UvWatch::heard(uv_poll_t* poll, int status, int seen)
{
    auto* watch = static_cast<UvWatch*>(poll->data);
    // An error on the descriptor is for the next read or write to report. libuv listens no more after one; but what was
    // sent before it is read first, and then the end is still to be heard of.
    if (status < 0) watch->listen();
    const int all = static_cast<int>(Ready::both);
    watch->ready_(static_cast<Ready>(status < 0 || (seen & all) == 0 ? all : seen & all));
}

void UvWatch::pause()
{
    if (wanted_ == 0) return;
    wanted_ = 0;
    uv_poll_stop(&handle);
}

class UvTimer final : public TimerHandle {
public:
    explicit UvTimer(std::function<void()> called) : ring(std::move(called)) { handle.data = this; }
    void start(std::chrono::milliseconds after) override
    {
        const auto tell = [](uv_timer_t* timer) { static_cast<UvTimer*>(timer->data)->ring(); };
        USBROUTE_CHECK(uv_timer_start(&handle, tell, static_cast<std::uint64_t>(after.count()), 0) == 0);
    }
    void stop() override { uv_timer_stop(&handle); }
    [[nodiscard]] bool is_running() const override
    {
        return uv_is_active(reinterpret_cast<const uv_handle_t*>(&handle)) != 0;
    }
    void let_go() override { close_and_delete(this); }

    uv_timer_t handle{};
    std::function<void()> ring;
};

struct Errand {
    uv_work_t request{};
    std::function<void()> work;
    std::function<void()> done;
};

} // namespace

struct UvLoop::State {
    uv_loop_t loop{};
    struct Signal {
        uv_signal_t handle{};
        std::function<void()> came;
    };
    std::vector<Signal*> signals;
    bool is_ending = false; ///< those who wait for an errand may be gone
};

UvLoop::UvLoop() : state_(std::make_unique<State>())
{
    // One worker: on two, a scan could see half of a step. libuv reads this once, before its first errand.
    ::setenv("UV_THREADPOOL_SIZE", "1", 1); // NOLINT(concurrency-mt-unsafe): there is no other thread yet
    USBROUTE_CHECK(uv_loop_init(&state_->loop) == 0);
    state_->loop.data = state_.get();
}

UvLoop::~UvLoop()
{
    state_->is_ending = true;
    for (auto* signal : state_->signals) close_and_delete(signal);
    // What was closed is let go of here, and an errand that is still under way is waited for.
    uv_run(&state_->loop, UV_RUN_DEFAULT);
    USBROUTE_CHECK(uv_loop_close(&state_->loop) == 0);
}

void UvLoop::run() { uv_run(&state_->loop, UV_RUN_DEFAULT); }

void UvLoop::stop() { uv_stop(&state_->loop); }

std::chrono::milliseconds UvLoop::now() const
{
    return std::chrono::milliseconds(static_cast<std::int64_t>(uv_now(&state_->loop)));
}

Result<FdWatch> UvLoop::watch(int fd, std::function<void(Ready)> ready)
{
    auto watch = std::make_unique<UvWatch>(std::move(ready));
    if (const int error = uv_poll_init(&state_->loop, &watch->handle, fd); error < 0)
        return failure(format("cannot watch descriptor {}", fd), -error);
    return FdWatch(watch.release());
}

Timer UvLoop::timer(std::function<void()> ring)
{
    auto* timer = new UvTimer(std::move(ring));
    uv_timer_init(&state_->loop, &timer->handle);
    return Timer(timer);
}

void UvLoop::on_signal(int number, std::function<void()> came)
{
    auto* signal = new State::Signal;
    signal->handle.data = signal;
    signal->came = std::move(came);
    uv_signal_init(&state_->loop, &signal->handle);
    state_->signals.push_back(signal);
    const auto arrived = [](uv_signal_t* handle, int) { static_cast<State::Signal*>(handle->data)->came(); };
    USBROUTE_CHECK(uv_signal_start(&signal->handle, arrived, number) == 0);
}

void UvLoop::errand(std::function<void()> work, std::function<void()> done)
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
