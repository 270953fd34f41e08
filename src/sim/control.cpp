// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/control.hpp"

#include "base/format.hpp"
#include "linux/files.hpp"
#include "linux/unix_address.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <sys/socket.h>
#include <unistd.h>

namespace usbroute::sim {

namespace {

/// Prints an answer's lines; the last one of each command is "ok" or "error: ...".
void print_answer(std::string_view line, bool& has_failed)
{
    if (line == "ok") return;
    const bool is_error = line.starts_with("error: ");
    if (is_error) line.remove_prefix(7);
    has_failed = has_failed || is_error;
    std::fprintf(is_error ? stderr : stdout, "%s%.*s\n", is_error ? "usbroute-sim: " : "",
                 static_cast<int>(line.size()), line.data());
}

} // namespace

Result<std::unique_ptr<Control>> Control::listen_at(const std::string& path)
{
    const auto address = linux_::unix_address(path);
    if (!address) return std::unexpected(Error(ErrorKind::usage, format("too long for a socket: {}", path)));
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
        ::listen(fd, 16) != 0) {
        const int why = errno;
        if (fd >= 0) ::close(fd);
        return failure(format("cannot listen at {}", path), why);
    }
    return std::unique_ptr<Control>(new Control(fd));
}

Control::~Control()
{
    for (const auto& client : clients_) ::close(client->fd);
    ::close(fd_);
}

void Control::add_to(std::vector<pollfd>& waiting) const
{
    waiting.push_back({.fd = fd_, .events = POLLIN, .revents = 0});
    for (const auto& client : clients_) {
        short events = client->has_ended ? short{0} : short{POLLIN};
        if (!client->unsent.empty()) events = static_cast<short>(events | POLLOUT);
        waiting.push_back({.fd = events == 0 ? -1 : client->fd, .events = events, .revents = 0});
    }
}

void Control::take_clients()
{
    while (true) {
        const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) return;
        clients_.push_back(std::make_unique<Client>());
        clients_.back()->fd = fd;
    }
}

bool Control::serve(Client& client, Simulation& simulation, Simulation::Clock::time_point now)
{
    char buffer[4096];
    while (!client.has_ended) {
        const auto got = ::recv(client.fd, buffer, sizeof buffer, 0);
        if (got > 0)
            client.session.feed({buffer, static_cast<std::size_t>(got)});
        else if (got == 0)
            client.has_ended = true;
        else if (errno != EINTR)
            break;
    }
    if (client.has_ended) client.session.close();
    client.session.run(simulation, now);
    while (!client.unsent.empty()) {
        const auto sent = ::send(client.fd, client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno == EAGAIN;
        client.unsent.erase(0, static_cast<std::size_t>(sent));
    }
    return !(client.has_ended && client.session.is_done());
}

void Control::serve(Simulation& simulation, Simulation::Clock::time_point now)
{
    take_clients();
    std::erase_if(clients_, [&](const std::unique_ptr<Client>& client) {
        if (serve(*client, simulation, now)) return false;
        ::close(client->fd);
        return true;
    });
}

std::optional<Simulation::Clock::time_point> Control::deadline() const
{
    std::optional<Simulation::Clock::time_point> earliest;
    for (const auto& client : clients_) {
        const auto one = client->session.deadline();
        if (one && (!earliest || *one < *earliest)) earliest = one;
    }
    return earliest;
}

int tell_board(const std::string& path, const std::string& lines)
{
    const auto address = linux_::unix_address(path);
    const int fd = address ? ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
        std::fprintf(stderr, "usbroute-sim: no simulated board answers at %s\n", path.c_str());
        if (fd >= 0) ::close(fd);
        return 3;
    }
    bool has_failed = linux_::send_whole(fd, lines) != 0;
    ::shutdown(fd, SHUT_WR);
    std::string partial;
    char buffer[4096];
    while (true) {
        const auto got = ::recv(fd, buffer, sizeof buffer, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        partial.append(buffer, static_cast<std::size_t>(got));
        for (std::size_t end = 0; (end = partial.find('\n')) != std::string::npos; partial.erase(0, end + 1))
            print_answer(std::string_view(partial).substr(0, end), has_failed);
    }
    ::close(fd);
    return has_failed ? 1 : 0;
}

} // namespace usbroute::sim
