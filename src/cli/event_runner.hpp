// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "wire/event.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace usbroute::cli {

/// Runs the user's command for each event, with the user's rights, in order and bounded.
///
/// One command at a time; one that has not ended after a while (a screen locker that stays) is left running and no
/// longer waited for. None is ever killed: that could unlock a screen.
class EventRunner {
public:
    using Clock = std::chrono::steady_clock;

    explicit EventRunner(std::string command) : command_(std::move(command)) {}

    /// Takes an event. False: too many are waiting, and the oldest was dropped for it.
    [[nodiscard]] bool add(const wire::Event& event, Clock::time_point now);
    /// After SIGCHLD, and when `deadline` has come.
    void look_after(Clock::time_point now);
    /// When to look again although nobody has ended; nothing while nobody waits.
    [[nodiscard]] std::optional<Clock::time_point> deadline() const;

private:
    struct Running {
        pid_t process = -1;
        Clock::time_point since;
    };

    [[nodiscard]] bool may_start(Clock::time_point now) const;
    void start(std::vector<std::string> variables, Clock::time_point now);

    std::string command_;
    std::deque<std::vector<std::string>> waiting_; ///< "NAME=value" for each event
    std::vector<Running> running_;
};

/// "moved windows=front-left": an event's line without the word "event", safe to print.
[[nodiscard]] std::string words_of(const wire::Event& event);

/// What a command is told about an event: USBROUTE_EVENT has the whole line, the others its parts.
[[nodiscard]] std::vector<std::string> variables_for(const wire::Event& event);

} // namespace usbroute::cli
