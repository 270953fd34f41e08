// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/peer_process.hpp"

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"

#include <cctype>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

// Of the kernel's asm-generic/socket.h, since Linux 6.5; Debian 12's headers are older.
constexpr int so_peerpidfd = 77;
// Of its asm-generic/unistd.h, since Linux 5.3; the same number on every architecture.
constexpr long sys_pidfd_open = 434;

constexpr std::size_t longest_stat = 4096;
/// Fields of /proc/PID/stat between the name's closing parenthesis and starttime: state is the 3rd, starttime the 22nd.
constexpr std::size_t fields_before_start = 19;

bool has_ended(int pidfd)
{
    pollfd asked{.fd = pidfd, .events = POLLIN, .revents = 0};
    return ::poll(&asked, 1, 0) > 0 && (asked.revents & POLLIN) != 0;
}

UniqueFd open_pidfd(pid_t number) { return UniqueFd(static_cast<int>(::syscall(sys_pidfd_open, number, 0))); }

/// The name may hold spaces and parentheses; the last parenthesis ends it.
std::uint64_t start_in(std::string_view stat)
{
    const auto name_end = stat.rfind(')');
    if (name_end == std::string_view::npos) return 0;
    const auto fields = words(stat.substr(name_end + 1));
    if (fields.size() <= fields_before_start) return 0;
    return number_from<std::uint64_t>(fields[fields_before_start]).value_or(0);
}

std::optional<KnownProcess> known_by(UniqueFd pidfd, pid_t number)
{
    const auto directory = format("/proc/{}/", number);
    const auto stat = read_file(directory + "stat", longest_stat);
    const auto command = read_file(directory + "comm", longest_stat);
    KnownProcess process{.id = {.number = number, .start = stat ? start_in(*stat) : 0},
                         .command = command ? printable(trim(*command), 32) : std::string(),
                         .pidfd = std::move(pidfd)};
    // While the process lives, its number belongs to nobody else: what was read is its own.
    if (has_ended(process.pidfd.get())) return std::nullopt;
    return process;
}

} // namespace

Result<std::optional<KnownProcess>> peer_process_of(int socket)
{
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return failure("cannot tell who is on the other side", errno);
    if (credentials.pid <= 0)
        return failure(
            "the process on the other side cannot be seen from here: it lives in another process namespace");
    int of_kernel = -1;
    size = sizeof of_kernel;
    if (::getsockopt(socket, SOL_SOCKET, so_peerpidfd, &of_kernel, &size) == 0)
        return known_by(UniqueFd(of_kernel), credentials.pid);
    // An older kernel, or one that says so of a process that has ended. By number, then: the one on the other side
    // still has it as long as its end of the line is open.
    auto pidfd = open_pidfd(credentials.pid);
    if (!pidfd.is_open() && errno != ESRCH)
        return failure("cannot watch the process on the other side", errno);
    if (!pidfd.is_open() || is_hung_up(socket)) return std::nullopt;
    return known_by(std::move(pidfd), credentials.pid);
}

Result<std::optional<KnownProcess>> find_process(const ProcessId& id)
{
    if (id.number <= 0) return std::nullopt;
    auto pidfd = open_pidfd(id.number);
    if (!pidfd.is_open() && errno == ESRCH) return std::nullopt;
    if (!pidfd.is_open()) return failure(format("cannot watch process {}", id.number), errno);
    auto found = known_by(std::move(pidfd), id.number);
    if (found && found->id != id) return std::nullopt;
    return found;
}

std::string command_of(pid_t process)
{
    constexpr std::size_t longest_command = 15; // TASK_COMM_LEN with its zero is 16
    constexpr std::string_view marks = "._-+:/";
    const auto read = read_file(format("/proc/{}/comm", process), longest_stat);
    if (!read) return {};
    std::string command(trim(*read).substr(0, longest_command));
    for (auto& letter : command)
        if (std::isalnum(static_cast<unsigned char>(letter)) == 0 &&
            marks.find(letter) == std::string_view::npos)
            letter = '?';
    return command;
}

bool is_hung_up(int socket)
{
    pollfd asked{.fd = socket, .events = 0, .revents = 0};
    return ::poll(&asked, 1, 0) > 0 && (asked.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

std::string this_boot()
{
    const auto text = read_file("/proc/sys/kernel/random/boot_id", longest_stat);
    return text ? printable(trim(*text), 64) : std::string();
}

} // namespace usbroute::linux_
