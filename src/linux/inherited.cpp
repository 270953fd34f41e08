// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "linux/listen.hpp"

#include <algorithm>
#include <cstdlib>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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

/// Both included.
void close_from_to(unsigned first, unsigned last)
{
    if (first > last) return;
#ifdef SYS_close_range
    if (::syscall(SYS_close_range, first, last, 0U) == 0) return;
#endif
    // Before Linux 5.9, or where a container forbids it.
    constexpr rlim_t most_closed = 1U << 20;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    const auto end = static_cast<unsigned>(std::min(limit.rlim_max, most_closed));
    for (auto fd = first; fd <= last && fd < end; ++fd) ::close(static_cast<int>(fd));
}

/// Else the next file that is opened would be standard output, and be written to as that.
void fill_standard_streams()
{
    for (int fd = 0; fd < first_inherited; ++fd)
        if (::fcntl(fd, F_GETFD) < 0) [[maybe_unused]]
            const int taken = ::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY); // the lowest
}

} // namespace

void close_what_was_inherited(std::vector<int> but)
{
    fill_standard_streams();
    std::ranges::sort(but);
    auto first = static_cast<unsigned>(first_inherited);
    for (const int kept : but) {
        if (kept < static_cast<int>(first)) continue;
        close_from_to(first, static_cast<unsigned>(kept) - 1);
        first = static_cast<unsigned>(kept) + 1;
    }
    close_from_to(first, ~0U);
}

Inherited take_inherited(std::string_view kept_as)
{
    const auto process = parse_decimal(from_environment("LISTEN_PID"));
    const auto count = parse_decimal(from_environment("LISTEN_FDS")).value_or(0);
    const auto all_names = from_environment("LISTEN_FDNAMES");
    for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        ::unsetenv(variable); // NOLINT(concurrency-mt-unsafe)

    Inherited inherited;
    // Meant for another process: a parent of ours that did not clear them.
    if (!process || *process != static_cast<std::uint32_t>(::getpid())) return inherited;
    const auto names = split(all_names, ':');
    for (std::uint32_t i = 0; i < count && i < most_inherited; ++i) {
        const int fd = first_inherited + static_cast<int>(i);
        const int flags = ::fcntl(fd, F_GETFL);
        const auto name = i < names.size() ? std::string(names[i]) : std::string();
        const bool is_kept = name == kept_as;
        if (flags < 0 || (!is_kept && !listens(fd))) continue;
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        if (is_kept) {
            inherited.kept.emplace_back(fd);
            continue;
        }
        ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
        inherited.sockets.push_back({.name = name, .fd = UniqueFd(fd)});
    }
    return inherited;
}

} // namespace usbroute::linux_
