// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "claims/server.hpp"

#include "linux/listen.hpp"
#include "linux/rights.hpp"

#include <cerrno>
#include <cstdlib>
#include <optional>

#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::claims {

namespace {

constexpr int most_at_once = 4;
constexpr unsigned longest_answer = 10; // seconds, after which a process that still waits ends if it can

void collect_ended(int& under_way)
{
    while (::waitpid(-1, nullptr, WNOHANG) > 0) --under_way;
}

[[noreturn]] void talk_and_end(int client, const std::string& user, const Answer& answer)
{
    ::alarm(longest_answer);
    ::_exit(talk(client, user, answer) ? EXIT_SUCCESS : EXIT_FAILURE);
}

} // namespace

Error serve(const std::string& path, const std::string& user, const Answer& answer)
{
    const auto account = linux_::account_named(user);
    ::umask(0177); // from bind() on nobody else can connect
    auto door =
        linux_::listen_unix(path, std::nullopt, account ? std::optional(account->user) : std::nullopt);
    if (!door) return std::move(door.error());
    if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0)
        return {ErrorKind::failed, "cannot close " + path + " to others", errno};
    int under_way = 0;
    for (;;) {
        pollfd asked{.fd = door->fd(), .events = POLLIN, .revents = 0};
        // Each client collects what ended before it; so nothing ticks.
        if (::poll(&asked, 1, -1) < 0 && errno != EINTR)
            return {ErrorKind::failed, "cannot wait for clients", errno};
        collect_ended(under_way);
        const auto client = linux_::accept_client(door->fd());
        if (!client) return client.error();
        if (!*client || under_way >= most_at_once) continue;
        const auto child = ::fork();
        if (child == 0) talk_and_end((*client)->get(), user, answer);
        if (child > 0) ++under_way;
    }
}

} // namespace usbroute::claims
