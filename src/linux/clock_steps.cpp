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
constexpr time_t never = sizeof(time_t) > 4 ? static_cast<time_t>(far_away) : static_cast<time_t>(0x7fffffff);

} // namespace

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
