// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::cli {

/// A conversation with the daemon over its Unix socket: a line out, a line back. Plain blocking calls with poll:
/// an event loop would cost more at start than the whole errand.
class DaemonLink {
public:
    /// An error of kind `unreachable` when nobody listens there, `not_permitted` when the socket's mode says no.
    [[nodiscard]] static Result<DaemonLink> connect(const std::string& path,
                                                    std::chrono::milliseconds timeout);

    /// Sends a line and waits for the answer.
    [[nodiscard]] Result<std::string> ask(std::string_view line);
    /// Sends a line; its answer comes by `line_at_hand`.
    [[nodiscard]] Result<void> send(std::string_view line);
    /// The next line, without its end; waits at most `timeout`.
    [[nodiscard]] Result<std::string> next_line(std::chrono::milliseconds timeout);
    /// A line that has arrived already; nothing when none is complete. For callers that wait on `fd` together with
    /// others.
    [[nodiscard]] Result<std::optional<std::string>> line_at_hand();
    [[nodiscard]] int fd() const { return fd_.get(); }
    /// The process that listens; nothing where a service manager does so for it.
    [[nodiscard]] std::optional<std::uint32_t> peer() const;

private:
    DaemonLink(std::string path, linux_::UniqueFd fd, std::chrono::milliseconds timeout)
        : path_(std::move(path)), fd_(std::move(fd)), timeout_(timeout)
    {}
    [[nodiscard]] std::optional<std::string> take_line();
    [[nodiscard]] Result<bool> receive_some();
    [[nodiscard]] Error gone(std::string_view what, int errno_value = 0) const;

    std::string path_;
    linux_::UniqueFd fd_;
    std::chrono::milliseconds timeout_;
    std::string held_;
};

} // namespace usbroute::cli
