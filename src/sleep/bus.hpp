// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/unique_fd.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

struct sd_bus;

namespace usbroute::sleep {

/// logind's part of sleep, as it is heard over the system bus (org.freedesktop.login1(5), Manager).
class Bus {
public:
    /// What has been told since the last look.
    struct News {
        std::optional<bool> sleeps;     ///< PrepareForSleep: about to sleep, or awake again
        bool has_another_owner = false; ///< logind was started anew, and knows of no inhibitor
    };

    /// Connected, and listening. An error: there is no bus.
    [[nodiscard]] static Result<Bus> open();

    /// A descriptor for as long as which the host waits before it sleeps, no longer than InhibitDelayMaxSec= (5 s unless
    /// somebody has set it). An error: nobody there, or it is not allowed.
    [[nodiscard]] Result<linux_::UniqueFd> inhibit();
    /// Takes what has come, without waiting. An error: the connection has ended.
    [[nodiscard]] Result<News> take_news();

    [[nodiscard]] int fd() const;
    /// Of poll(2).
    [[nodiscard]] short events() const;
    /// Until something has to be done without one; negative: never.
    [[nodiscard]] std::chrono::milliseconds patience() const;

private:
    struct Closed {
        void operator()(sd_bus* bus) const;
    };
    using Handle = std::unique_ptr<sd_bus, Closed>;

    Bus(Handle bus, std::unique_ptr<News> news) : news_(std::move(news)), bus_(std::move(bus)) {}

    std::unique_ptr<News> news_; ///< at a place of its own: the bus writes there
    Handle bus_;
};

} // namespace usbroute::sleep
