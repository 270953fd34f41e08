// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/clock_steps.hpp"

#include <cerrno>
#include <cstdint>
#include <ctime>

#include <sys/timerfd.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

/// In the year 2200; 32-bit clocks end before it and get their last second.
constexpr long long far_away = 7'258'118'400;
std::chrono::nanoseconds read_clock(clockid_t which)
{
    timespec now{};
    ::clock_gettime(which, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

constexpr time_t never = sizeof(time_t) > 4 ? static_cast<time_t>(far_away) : static_cast<time_t>(0x7fffffff);

} // namespace

std::chrono::milliseconds time_asleep()
{
    // This order: the time between the two readings makes the answer smaller, never a sleep out of nothing.
    const auto boot = read_clock(CLOCK_BOOTTIME);
    const auto awake = read_clock(CLOCK_MONOTONIC);
    return std::chrono::duration_cast<std::chrono::milliseconds>(boot - awake);
}

ClockSteps::ClockSteps() : fd_(::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC)) { arm(); }

void ClockSteps::arm()
{
    itimerspec when{};
    when.it_value.tv_sec = never;
    if (fd_.is_open() &&
        ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr) != 0)
        fd_.reset();
}

bool ClockSteps::drain()
{
    std::uint64_t rings = 0;
    const auto got = ::read(fd_.get(), &rings, sizeof rings);
    const bool jumped = got < 0 && errno == ECANCELED;
    if (jumped || got > 0) arm();
    return jumped;
}

} // namespace usbroute::linux_
