// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "guest/border.hpp"
#include "linux/unique_fd.hpp"

#include <csignal>

namespace usbroute::guest {

/// Waits for `events` of poll(2) on `fd`, at most so long. `open_signals` is the mask while waiting: signals that
/// end the program are let in only there, so that none slips in between a look and a wait.
[[nodiscard]] Came wait_for(int fd, short events, std::chrono::milliseconds patience);

/// The signals that end the waiting, held back but in `wait_for`. 0: none came.
void catch_ending_signals();
[[nodiscard]] int ending_signal();

/// A descriptor that does not block: a socket, a virtio port, and below SerialLine a terminal.
class FileLine : public Line {
public:
    FileLine(linux_::UniqueFd fd, bool is_shared) : fd_(std::move(fd)), is_shared_(is_shared) {}

    [[nodiscard]] Received receive(std::span<char> into, std::chrono::milliseconds patience) override;
    [[nodiscard]] Came send(std::string_view bytes, std::chrono::milliseconds patience) override;
    [[nodiscard]] bool is_shared() const override { return is_shared_; }

protected:
    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    linux_::UniqueFd fd_;
    bool is_shared_;
};

} // namespace usbroute::guest
