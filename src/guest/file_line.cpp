// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/file_line.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include <poll.h>
#include <unistd.h>

namespace usbroute::guest {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::array<int, 3> ending_signals = {SIGINT, SIGTERM, SIGHUP};

volatile std::sig_atomic_t signal_seen = 0;
sigset_t open_signals;

void remember(int number) { signal_seen = number; }

timespec as_timespec(milliseconds time)
{
    return {.tv_sec = time.count() / 1000, .tv_nsec = time.count() % 1000 * 1'000'000};
}

} // namespace

void catch_ending_signals()
{
    sigset_t held;
    sigemptyset(&held);
    for (const int number : ending_signals) {
        struct sigaction action{};
        // If we were started with a signal ignored (nohup), it stays ignored.
        if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
        action = {};
        action.sa_handler = remember;
        ::sigaction(number, &action, nullptr);
        sigaddset(&held, number);
    }
    ::sigprocmask(SIG_BLOCK, &held, &open_signals);
    for (const int number : ending_signals) sigdelset(&open_signals, number);
    // A host that closes its end while we write is an error of that write.
    (void)std::signal(SIGPIPE, SIG_IGN);
}

int ending_signal() { return signal_seen; }

Came wait_for(int fd, short events, milliseconds patience)
{
    const auto end = steady_clock::now() + patience;
    for (;;) {
        const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
        const auto time = as_timespec(std::max(left, milliseconds(0)));
        pollfd wanted{.fd = fd, .events = events, .revents = 0};
        const int ready = ::ppoll(&wanted, fd < 0 ? 0 : 1, &time, &open_signals);
        if (signal_seen != 0) return Came::stopped;
        if (ready > 0) return Came::bytes;
        if (ready == 0) return Came::nothing;
        if (errno != EINTR && errno != EAGAIN) return Came::closed;
    }
}

Received FileLine::receive(std::span<char> into, milliseconds patience)
{
    const auto came = wait_for(fd(), POLLIN, patience);
    if (came != Came::bytes) return {.came = came};
    const auto got = ::read(fd(), into.data(), into.size());
    if (got > 0) return {.came = Came::bytes, .count = static_cast<std::size_t>(got)};
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {.came = Came::nothing};
    // 0 is the end of a connection, and of a virtio port that nobody has opened on the host.
    return {.came = Came::closed};
}

Came FileLine::send(std::string_view bytes, milliseconds patience)
{
    const auto end = steady_clock::now() + patience;
    while (!bytes.empty()) {
        const auto put = ::write(fd(), bytes.data(), bytes.size());
        if (put > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(put));
            continue;
        }
        if (put < 0 && errno != EAGAIN && errno != EINTR) return Came::closed;
        const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
        if (left.count() <= 0) return Came::nothing;
        const auto came = wait_for(fd(), POLLOUT, left);
        if (came != Came::bytes) return came;
    }
    return Came::bytes;
}

} // namespace usbroute::guest
