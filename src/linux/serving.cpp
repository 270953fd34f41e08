// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/serving.hpp"

#include "linux/listen.hpp"
#include "linux/rights.hpp"

#include <cerrno>
#include <cstdlib>
#include <optional>

#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::linux_ {

Error serve_each(const std::string& path, const std::string& user, int most,
                 const std::function<bool(int client)>& talk)
{
    const auto account = account_named(user);
    ::umask(0177); // from bind() on nobody else can connect
    auto door = listen_unix(path, std::nullopt, account ? std::optional(account->user) : std::nullopt);
    if (!door) return std::move(door.error());
    if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0)
        return {ErrorKind::failed, "cannot close " + path + " to others", errno};
    int under_way = 0;
    for (;;) {
        pollfd asked{.fd = door->fd(), .events = POLLIN, .revents = 0};
        // Each client collects what ended before it; so nothing ticks.
        if (::poll(&asked, 1, -1) < 0 && errno != EINTR)
            return {ErrorKind::failed, "cannot wait for clients", errno};
        while (::waitpid(-1, nullptr, WNOHANG) > 0) --under_way;
        const auto client = accept_client(door->fd());
        if (!client) return client.error();
        if (!*client || under_way >= most) continue;
        const auto child = ::fork();
        if (child == 0) ::_exit(talk((*client)->get()) ? EXIT_SUCCESS : EXIT_FAILURE);
        if (child > 0) ++under_way;
    }
}

bool is_root_or(const std::string& user, uid_t peer)
{
    if (peer == 0) return true;
    const auto account = account_named(user);
    return account && account->user == peer;
}

} // namespace usbroute::linux_
