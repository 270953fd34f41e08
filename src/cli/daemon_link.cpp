// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/daemon_link.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"
#include "linux/unix_address.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace usbroute::cli {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t longest_answer = 1U << 20;

constexpr const char* how_to_start = "start usbrouted, or run the command as root with --direct";

Error cannot_connect(const std::string& path, int errno_value)
{
    const auto subject = format("the daemon does not answer at {}", printable(path, 200));
    if (errno_value == EACCES || errno_value == EPERM)
        return Error(ErrorKind::not_permitted,
                     format("{}: {}; run it as root, or join the group that its listener names (usbroute)",
                            subject, errno_text(errno_value)))
            .with_code("not-permitted");
    return Error(ErrorKind::unreachable, format("{}: {}; {}", subject, errno_text(errno_value), how_to_start))
        .with_code("unreachable");
}

int milliseconds_until(steady_clock::time_point deadline)
{
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    return static_cast<int>(std::clamp<milliseconds::rep>(left, 0, 3'600'000));
}

} // namespace

Result<DaemonLink> DaemonLink::connect(const std::string& path, milliseconds timeout)
{
    const auto address = linux_::unix_address(path);
    if (!address)
        return std::unexpected(
            usage_error(format("{} is too long for the path of a socket ({} bytes at most)",
                               printable(path, 200), sizeof address->sun_path - 1)));

    linux_::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd.is_open()) return failure("cannot open a socket", errno);
    // Bounds the wait for a place in the listener's queue, and for room in the socket.
    const timeval limit{.tv_sec = timeout.count() / 1000, .tv_usec = timeout.count() % 1000 * 1000};
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    int failed = 0;
    do failed = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
    while (failed != 0 && errno == EINTR);
    if (failed != 0) return std::unexpected(cannot_connect(path, errno == EAGAIN ? ETIMEDOUT : errno));
    return DaemonLink(path, std::move(fd), timeout);
}

std::optional<std::uint32_t> DaemonLink::peer() const
{
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 || credentials.pid <= 1)
        return std::nullopt;
    return static_cast<std::uint32_t>(credentials.pid);
}

Error DaemonLink::gone(std::string_view what, int errno_value) const
{
    const auto cause = errno_value == 0 ? std::string(what) : format("{}: {}", what, errno_text(errno_value));
    return Error(ErrorKind::unreachable,
                 format("the daemon at {} has gone: {}; `usbroute status` shows the state now",
                        printable(path_, 200), cause))
        .with_code("unreachable");
}

Result<void> DaemonLink::send(std::string_view line)
{
    const int why = linux_::send_whole(fd_.get(), std::string(line) + "\n");
    if (why != 0) return std::unexpected(gone("cannot send", why));
    return {};
}

std::optional<std::string> DaemonLink::take_line()
{
    const auto end = held_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    auto line = held_.substr(0, end);
    held_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

/// Reads once, without waiting. False: nothing is there yet.
Result<bool> DaemonLink::receive_some()
{
    // Most answers are a line. A new page of the stack is touched for each 4 KiB, and a start costs a dozen such already.
    std::array<char, 2048> buffer; // NOLINT: filled by recv
    ssize_t got = 0;
    do got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got == 0) return std::unexpected(gone("it has closed the connection"));
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    if (got < 0) return std::unexpected(gone("cannot receive", errno));
    if (held_.size() + static_cast<std::size_t>(got) > longest_answer)
        return std::unexpected(
            Error(ErrorKind::failed, format("the daemon's answer is longer than {} bytes", longest_answer))
                .with_code("not-an-answer"));
    held_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
}

Result<std::optional<std::string>> DaemonLink::line_at_hand()
{
    for (;;) {
        if (auto line = take_line()) return line;
        auto received = receive_some();
        if (!received) return std::unexpected(std::move(received.error()));
        if (!*received) return std::optional<std::string>();
    }
}

Result<std::string> DaemonLink::next_line(milliseconds timeout)
{
    const auto deadline = steady_clock::now() + timeout;
    for (;;) {
        auto line = line_at_hand();
        if (!line) return std::unexpected(std::move(line.error()));
        if (*line) return std::move(**line);
        pollfd wanted{.fd = fd_.get(), .events = POLLIN, .revents = 0};
        const auto ready = ::poll(&wanted, 1, milliseconds_until(deadline));
        if (ready < 0 && errno != EINTR) return std::unexpected(gone("cannot wait", errno));
        if (ready == 0)
            return std::unexpected(
                Error(
                    ErrorKind::timed_out,
                    format(
                        "the daemon at {} did not answer within {} ms; `usbroute status` shows the state now",
                        printable(path_, 200), timeout.count()))
                    .with_code("timed-out"));
    }
}

Result<std::string> DaemonLink::ask(std::string_view line)
{
    if (auto sent = send(line); !sent) return std::unexpected(std::move(sent.error()));
    return next_line(timeout_);
}

} // namespace usbroute::cli
