// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/alarm.hpp"

#include "daemon/log.hpp"

#include <algorithm>

namespace usbroute::daemon {

using std::chrono::milliseconds;

LoopAlarm::LoopAlarm(linux_::Loop& loop, std::function<void()> ring)
    : ring_(std::move(ring)), boot_(linux_::boot_id()), timer_(loop.timer([this] { ring_(); }))
{
    if (alarm_.fd() < 0) return;
    auto watch = loop.watch(alarm_.fd(), [this](linux_::Ready) {
        alarm_.drain();
        ring_();
    });
    if (!watch) {
        log::warning(watch.error().message());
        return;
    }
    watch_ = std::move(*watch);
    watch_.want(linux_::Ready::readable);
}

void LoopAlarm::ring_at(milliseconds when)
{
    if (alarm_.fd() >= 0) return alarm_.ring_at(when);
    timer_.start(std::max(when - now(), milliseconds(1)));
}

void LoopAlarm::silence()
{
    alarm_.silence();
    timer_.stop();
}

} // namespace usbroute::daemon
