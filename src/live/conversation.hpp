// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "cli/daemon_link.hpp"
#include "wire/command.hpp"

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace usbroute::live {

/// The daemon, spoken to without ever waiting: one connection on which it tells of changes, one for requests.
class Conversation {
public:
    using Clock = std::chrono::steady_clock;

    /// What a line of the daemon's is.
    enum class Kind : std::uint8_t { event, looked, acted };
    using Heard = std::pair<Kind, std::string>;

    [[nodiscard]] static Result<Conversation> begin(const std::string& path,
                                                    std::chrono::milliseconds timeout);

    /// One look at a time: further ones that are asked for until it is answered become one.
    [[nodiscard]] Result<void> look(Clock::time_point now);
    [[nodiscard]] Result<void> act(const wire::Command& command, Clock::time_point now);
    /// All that has arrived. An error when the daemon is gone, says no, or has not answered in time.
    [[nodiscard]] Result<std::vector<Heard>> listen(Clock::time_point now);

    [[nodiscard]] int events_fd() const { return events_.fd(); }
    [[nodiscard]] int answers_fd() const { return requests_.fd(); }
    /// When the oldest request has waited too long; nothing while none waits.
    [[nodiscard]] std::optional<Clock::time_point> deadline() const;

private:
    struct Asked {
        Kind kind;
        Clock::time_point when;
    };

    Conversation(cli::DaemonLink events, cli::DaemonLink requests, std::chrono::milliseconds timeout)
        : events_(std::move(events)), requests_(std::move(requests)), timeout_(timeout)
    {}
    [[nodiscard]] Result<void> ask(const wire::Command& command, Kind kind, Clock::time_point now);
    [[nodiscard]] Result<void> take_events(std::vector<Heard>& heard);
    [[nodiscard]] Result<void> take_answers(std::vector<Heard>& heard);

    cli::DaemonLink events_;
    cli::DaemonLink requests_;
    std::chrono::milliseconds timeout_;
    bool subscribed_ = false; ///< the answer to `subscribe` has come
    bool look_again_ = false;
    std::deque<Asked> asked_; ///< answers come in this order
};

} // namespace usbroute::live
