// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/boot_alarm.hpp"
#include "linux/loop.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace usbroute::daemon {

/// The clock of trials: time since boot, time asleep included.
class Alarm {
public:
    virtual ~Alarm() = default;
    [[nodiscard]] virtual std::chrono::milliseconds now() const = 0;
    [[nodiscard]] virtual std::string boot() const = 0;
    /// Once, in place of what was wanted before; soon where that time has passed.
    virtual void ring_at(std::chrono::milliseconds when) = 0;
    virtual void silence() = 0;
};

/// The machine's own.
class LoopAlarm final : public Alarm {
public:
    LoopAlarm(linux_::Loop& loop, std::function<void()> ring);

    [[nodiscard]] std::chrono::milliseconds now() const override { return linux_::time_since_boot(); }
    [[nodiscard]] std::string boot() const override { return boot_; }
    void ring_at(std::chrono::milliseconds when) override;
    void silence() override;

private:
    std::function<void()> ring_;
    std::string boot_;
    linux_::BootAlarm alarm_;
    linux_::FdWatch watch_;
    linux_::Timer timer_; ///< where the kernel has no alarm that counts time asleep
};

} // namespace usbroute::daemon
