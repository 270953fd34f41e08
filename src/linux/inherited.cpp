// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "linux/listen.hpp"

#include <cstdlib>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

constexpr int first_inherited = 3; // SD_LISTEN_FDS_START: behind stdin, stdout and stderr
constexpr std::uint32_t most_inherited = 64;

bool listens(int fd)
{
    int yes = 0;
    socklen_t size = sizeof yes;
    return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &size) == 0 && yes != 0;
}

std::string from_environment(const char* variable)
{
    const char* value =
        std::getenv(variable); // NOLINT(concurrency-mt-unsafe): before there is another thread
    return value == nullptr ? std::string() : std::string(value);
}

} // namespace

std::vector<InheritedSocket> take_inherited_sockets()
{
    const auto process = parse_decimal(from_environment("LISTEN_PID"));
    const auto count = parse_decimal(from_environment("LISTEN_FDS")).value_or(0);
    const auto all_names = from_environment("LISTEN_FDNAMES");
    for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        ::unsetenv(variable); // NOLINT(concurrency-mt-unsafe)

    std::vector<InheritedSocket> sockets;
    // Meant for another process: a parent of ours that did not clear them.
    if (!process || *process != static_cast<std::uint32_t>(::getpid())) return sockets;
    const auto names = split(all_names, ':');
    for (std::uint32_t i = 0; i < count && i < most_inherited; ++i) {
        const int fd = first_inherited + static_cast<int>(i);
        const int flags = ::fcntl(fd, F_GETFL);
        if (flags < 0 || !listens(fd)) continue;
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
        sockets.push_back(
            {.name = i < names.size() ? std::string(names[i]) : std::string(), .fd = UniqueFd(fd)});
    }
    return sockets;
}

} // namespace usbroute::linux_
