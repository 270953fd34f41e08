// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/loop.hpp"
#include "linux/unique_fd.hpp"
#include "wire/sleep.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace usbroute::daemon {

/// A kept connection to usbroute-sleep, which makes the host wait before it sleeps until what guests have is taken back.
/// Where nobody listens, or nothing sensible is said, all goes on as without it. docs/decisions/0050
class SleepLine {
public:
    /// A sleep that does not come, and of whose end nobody tells. Time asleep does not count.
    static constexpr std::chrono::milliseconds longest_wait_for_it = std::chrono::seconds(30);
    /// From the loss of the connection to the one attempt to have it again.
    static constexpr std::chrono::milliseconds until_it_is_back = std::chrono::seconds(10);

    /// `turned`: whether sleep is near is otherwise from now on.
    SleepLine(linux_::Loop& loop, std::string path, std::function<void()> turned);
    ~SleepLine() = default;
    SleepLine(const SleepLine&) = delete;
    SleepLine& operator=(const SleepLine&) = delete;

    /// Connects, unless it is connected. Never waits.
    void begin();
    /// The host is about to sleep.
    [[nodiscard]] bool is_near() const { return is_near_; }
    /// Nothing of ours is in its way any more.
    void may_come();

private:
    [[nodiscard]] bool connect_now();
    void read();
    void hear(std::string_view line);
    void turn(bool is_near);
    void end(std::string_view why);

    linux_::Loop& loop_;
    std::string path_;
    std::function<void()> turned_;
    linux_::UniqueFd fd_; // before watch_: what is watched outlives its watch
    linux_::FdWatch watch_;
    linux_::Timer again_;
    linux_::Timer patience_;
    std::string received_;
    bool is_near_ = false;
    bool is_awaited_ = false; ///< the host waits for `may_come`
};

} // namespace usbroute::daemon
