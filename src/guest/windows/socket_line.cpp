// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/windows/socket_line.hpp"

#include "guest/windows/windows_handle.hpp"
#include "guest/windows/windows_text.hpp"

#include <algorithm>

#include <ws2tcpip.h>

namespace usbroute::guest {

using std::chrono::milliseconds;

namespace {

/// select() does not see the event of Ctrl-C: it is looked at so often.
constexpr ULONGLONG look = 100;

std::unexpected<Failure> cannot_connect(const std::string& name, int error)
{
    const auto why = error == WSAECONNREFUSED
                         ? std::string("nobody listens there: start usbrouted on the host")
                         : error_text(static_cast<DWORD>(error));
    return std::unexpected(
        Failure{.message = "cannot reach " + name + ": " + why + "; nothing was asked", .may_pass = true});
}

} // namespace

std::expected<std::unique_ptr<Line>, Failure> SocketLine::to(const TcpAddress& address,
                                                             const std::string& name, milliseconds patience)
{
    WSADATA facts{};
    // Once a process would do; it only counts, and we end soon.
    if (const int error = WSAStartup(MAKEWORD(2, 2), &facts); error != 0) return cannot_connect(name, error);
    sockaddr_storage storage{};
    int size = 0;
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    if (inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(address.port);
        size = sizeof *v4;
    } else if (inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(address.port);
        size = sizeof *v6;
    } else {
        return std::unexpected(
            Failure{.code = ExitCode::usage, .message = name + ": " + std::string(tcp_rule)});
    }
    const SOCKET raw = ::socket(storage.ss_family, SOCK_STREAM, IPPROTO_TCP);
    if (raw == INVALID_SOCKET) return cannot_connect(name, WSAGetLastError());
    auto line = std::make_unique<SocketLine>(raw);
    u_long is_on = 1;
    ioctlsocket(raw, static_cast<long>(FIONBIO), &is_on);
    if (::connect(raw, reinterpret_cast<const sockaddr*>(&storage), size) == 0) return line;
    if (WSAGetLastError() != WSAEWOULDBLOCK) return cannot_connect(name, WSAGetLastError());
    if (line->wait(For::writing, patience) != Came::bytes) return cannot_connect(name, WSAETIMEDOUT);
    int error = 0;
    int error_size = sizeof error;
    getsockopt(raw, SOL_SOCKET, SO_ERROR, reinterpret_cast<char*>(&error), &error_size);
    if (error != 0) return cannot_connect(name, error);
    return line;
}

SocketLine::~SocketLine() { closesocket(socket_); }

Came SocketLine::wait(For what, milliseconds patience) const
{
    const auto end =
        GetTickCount64() + static_cast<ULONGLONG>(std::max<milliseconds::rep>(patience.count(), 0));
    for (;;) {
        if (WaitForSingleObject(ending_event(), 0) == WAIT_OBJECT_0) return Came::stopped;
        const auto now = GetTickCount64();
        const auto left = static_cast<long>(std::min<ULONGLONG>(end > now ? end - now : 0, look));
        timeval time{0, left * 1000};
        fd_set wanted;
        fd_set failed; // where winsock reports a connection that could not be made
        FD_ZERO(&wanted);
        FD_ZERO(&failed);
        FD_SET(socket_, &wanted);
        FD_SET(socket_, &failed);
        const bool reads = what == For::reading;
        const int ready = select(0, reads ? &wanted : nullptr, reads ? nullptr : &wanted, &failed, &time);
        if (ready > 0) return Came::bytes;
        if (ready < 0) return Came::closed;
        if (GetTickCount64() >= end) return Came::nothing;
    }
}

Received SocketLine::receive(std::span<char> into, milliseconds patience)
{
    const auto came = wait(For::reading, patience);
    if (came != Came::bytes) return {.came = came};
    const int got = ::recv(socket_, into.data(), static_cast<int>(into.size()), 0);
    if (got > 0) return {.came = Came::bytes, .count = static_cast<std::size_t>(got)};
    if (got < 0 && WSAGetLastError() == WSAEWOULDBLOCK) return {.came = Came::nothing};
    return {.came = Came::closed};
}

Came SocketLine::send(std::string_view bytes, milliseconds patience)
{
    while (!bytes.empty()) {
        if (const auto came = wait(For::writing, patience); came != Came::bytes) return came;
        const int put = ::send(socket_, bytes.data(), static_cast<int>(bytes.size()), 0);
        if (put < 0 && WSAGetLastError() != WSAEWOULDBLOCK) return Came::closed;
        if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return Came::bytes;
}

} // namespace usbroute::guest
