// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/boot_alarm.hpp"

#include "base/text.hpp"
#include "linux/files.hpp"

#include <algorithm>
#include <cstdint>
#include <ctime>

#include <sys/timerfd.h>
#include <unistd.h>

namespace usbroute::linux_ {

using std::chrono::milliseconds;

milliseconds time_since_boot()
{
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) +
           std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(now.tv_nsec));
}

std::string boot_id()
{
    constexpr std::size_t longest = 64;
    const auto text = read_file("/proc/sys/kernel/random/boot_id", longest);
    return text ? std::string(trim(*text)) : std::string();
}

BootAlarm::BootAlarm() : fd_(::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC)) {}

void BootAlarm::ring_at(milliseconds when)
{
    // Zero would silence it.
    const auto at = std::max(when, milliseconds(1));
    const auto whole = std::chrono::floor<std::chrono::seconds>(at);
    itimerspec spec{};
    spec.it_value.tv_sec = static_cast<time_t>(whole.count());
    spec.it_value.tv_nsec = static_cast<long>(std::chrono::nanoseconds(at - whole).count());
    if (fd_.is_open()) ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

void BootAlarm::silence()
{
    const itimerspec never{};
    if (fd_.is_open()) ::timerfd_settime(fd_.get(), 0, &never, nullptr);
}

void BootAlarm::drain()
{
    std::uint64_t rings = 0;
    // How often it rang, or that it was drained already, changes nothing.
    [[maybe_unused]] const auto got = ::read(fd_.get(), &rings, sizeof rings);
}

} // namespace usbroute::linux_
