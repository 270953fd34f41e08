// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/boot_alarm.hpp"
#include "linux/clock_steps.hpp"
#include "linux/loop.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace usbroute::daemon {

/// The clock of trials: time since boot, time asleep included.
class Alarm {
public:
    virtual ~Alarm() = default;
    [[nodiscard]] virtual std::chrono::milliseconds now() const = 0;
    /// How much of it the machine has slept.
    [[nodiscard]] virtual std::chrono::milliseconds asleep() const = 0;
    /// The kernel's id of this boot.
    [[nodiscard]] virtual std::string boot() const = 0;
    /// Once, in place of what was wanted before; soon where that time has passed.
    virtual void ring_at(std::chrono::milliseconds when) = 0;
    virtual void silence() = 0;
};

/// `ring` is what it calls.
using MakeAlarm = std::function<std::unique_ptr<Alarm>(std::function<void()> ring)>;

/// The machine's own.
class LoopAlarm final : public Alarm {
public:
    LoopAlarm(linux_::Loop& loop, std::function<void()> ring);

    [[nodiscard]] std::chrono::milliseconds now() const override { return linux_::time_since_boot(); }
    [[nodiscard]] std::chrono::milliseconds asleep() const override { return linux_::time_asleep(); }
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
