// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/check.hpp"
#include "linux/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <sys/socket.h>

namespace usbroute::fakes {

/// The client's end of a connection. Never waits.
class ClientEnd {
public:
    explicit ClientEnd(linux_::UniqueFd fd) : fd_(std::move(fd)) {}

    /// How much of it went out: the daemon need not read.
    std::size_t say(std::string_view text)
    {
        const auto sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        return sent < 0 ? 0 : static_cast<std::size_t>(sent);
    }
    /// Everything that has come by now.
    std::string hear()
    {
        std::string heard;
        std::array<char, 65536> bytes;
        for (;;) {
            const auto got = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
            if (got > 0) {
                heard.append(bytes.data(), static_cast<std::size_t>(got));
                continue;
            }
            is_closed_ = is_closed_ || got == 0 || errno != EAGAIN;
            return heard;
        }
    }
    /// The daemon has closed it, as far as `hear` has heard.
    [[nodiscard]] bool is_closed() const { return is_closed_; }
    /// The client will say nothing more, and still reads.
    void end_input() { ::shutdown(fd_.get(), SHUT_WR); }
    void hang_up() { fd_ = {}; }

private:
    linux_::UniqueFd fd_;
    bool is_closed_ = false;
};

/// A connection: the daemon's end and the client's.
[[nodiscard]] inline std::pair<linux_::UniqueFd, ClientEnd> connection()
{
    std::array<int, 2> ends{};
    USBROUTE_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return {linux_::UniqueFd(ends[0]), ClientEnd(linux_::UniqueFd(ends[1]))};
}

} // namespace usbroute::fakes
