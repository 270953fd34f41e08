// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/posix_border.hpp"

#include "base/result.hpp"
#include "base/text.hpp"
#include "guest/arguments.hpp"
#include "guest/serial_line.hpp"
#include "guest/tcp_address.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace usbroute::guest {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Opened = std::expected<std::unique_ptr<Line>, Failure>;

namespace {

/// Nobody else speaks on a port with our name.
constexpr const char* own_virtio_port = "/dev/virtio-ports/org.usbroute.0";

std::string shown(const std::string& port) { return printable(port, 200); }

std::unexpected<Failure> no(ExitCode code, const std::string& message, bool may_pass = false)
{
    return std::unexpected(
        Failure{.code = code, .message = message + "; nothing was asked", .may_pass = may_pass});
}

/// What open(2) and connect(2) say, in words for the one who has to act.
std::unexpected<Failure> cannot_open(const std::string& port, int errno_value)
{
    const auto name = shown(port);
    switch (errno_value) {
    case ENOENT:
        return no(ExitCode::unreachable,
                  "there is no port " + name +
                      ": name the one that leads to the host, -p /dev/ttyS0 or -p /dev/virtio-ports/NAME",
                  true);
    case EACCES:
    case EPERM:
        return no(ExitCode::not_permitted,
                  "may not open " + name +
                      ": run it as root, or join the group that owns it (dialout or uucp for serial ports)");
    case EBUSY: {
        auto failure = no(ExitCode::unreachable, name + " is in use by another program");
        failure.error().is_busy = true;
        return failure;
    }
    case EIO:
    case ENXIO:
    case ENODEV:
        return no(ExitCode::unreachable,
                  "there is nothing behind " + name + ": give the machine this port, or name another with -p",
                  true);
    case ECONNREFUSED:
        return no(ExitCode::unreachable, "nobody listens at " + name + ": start usbrouted on the host", true);
    default: return no(ExitCode::unreachable, "cannot open " + name + ": " + errno_text(errno_value), true);
    }
}

Opened connected(const std::string& port, const sockaddr* address, socklen_t size, milliseconds patience)
{
    linux_::UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.is_open()) return cannot_open(port, errno);
    if (::connect(fd.get(), address, size) != 0) {
        if (errno != EINPROGRESS && errno != EINTR) return cannot_open(port, errno);
        if (wait_for(fd.get(), POLLOUT, patience) != Came::bytes) return cannot_open(port, ETIMEDOUT);
        int failed = 0;
        socklen_t failed_size = sizeof failed;
        if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &failed, &failed_size) != 0) failed = errno;
        if (failed != 0) return cannot_open(port, failed);
    }
    return std::make_unique<FileLine>(std::move(fd), false);
}

Opened open_tcp(const std::string& port, const TcpAddress& address, milliseconds patience)
{
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    if (::inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1)
        return connected(port, reinterpret_cast<const sockaddr*>(&v4), sizeof v4, patience);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    if (::inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1)
        return connected(port, reinterpret_cast<const sockaddr*>(&v6), sizeof v6, patience);
    return no(ExitCode::usage, shown(port) + ": " + std::string(tcp_rule));
}

Opened open_unix(const std::string& port, milliseconds patience)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (port.size() >= sizeof address.sun_path)
        return no(ExitCode::usage, shown(port) + " is too long for a socket's name");
    std::memcpy(address.sun_path, port.data(), port.size());
    return connected(port, reinterpret_cast<const sockaddr*>(&address), sizeof address, patience);
}

} // namespace

const System& this_system()
{
    static const System system{
        .default_port = ::access(own_virtio_port, F_OK) == 0 ? own_virtio_port : "/dev/ttyS0",
        .ports_help =
            "/dev/ttyS0, /dev/virtio-ports/NAME, a Unix socket, tcp:HOST:PORT\n"
            "                    (default: /dev/virtio-ports/org.usbroute.0 if it exists, else /dev/ttyS0)",
        .has_boxes = false};
    return system;
}

PosixBorder::PosixBorder() { catch_ending_signals(); }

Opened PosixBorder::open(const std::string& port, milliseconds patience)
{
    if (is_tcp(port)) {
        const auto address = tcp_address_from(port);
        if (!address) return no(ExitCode::usage, shown(port) + ": " + std::string(tcp_rule));
        return open_tcp(port, *address, patience);
    }
    // Looked at first: opening a tape would wind it, opening a disk would be wrong in every way.
    struct stat status{};
    if (::stat(port.c_str(), &status) != 0) return cannot_open(port, errno);
    if (S_ISSOCK(status.st_mode)) return open_unix(port, patience);
    if (!S_ISCHR(status.st_mode))
        return no(ExitCode::usage, shown(port) + " is not a port: name a serial or virtio port, or a socket");
    // Without O_NONBLOCK a serial port waits for a carrier that a virtual one never has.
    linux_::UniqueFd fd(::open(port.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    if (!fd.is_open()) return cannot_open(port, errno);
    if (::isatty(fd.get()) == 1 || errno == EIO) return SerialLine::on(std::move(fd), shown(port));
    return std::make_unique<FileLine>(std::move(fd), true);
}

milliseconds PosixBorder::now()
{
    return std::chrono::duration_cast<milliseconds>(steady_clock::now().time_since_epoch());
}

bool PosixBorder::pause(milliseconds time) { return wait_for(-1, 0, time) != Came::stopped; }

void PosixBorder::show(std::string_view line)
{
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
}

int PosixBorder::signal_that_came() { return ending_signal(); }

} // namespace usbroute::guest
