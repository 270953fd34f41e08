// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sleep/vigil.hpp"

#include "linux/files.hpp"
#include "linux/unique_fd.hpp"
#include "sleep/bus.hpp"
#include "wire/sleep.hpp"

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace usbroute::sleep {

using wire::SleepNews;

namespace {

constexpr timeval longest_send{.tv_sec = 2, .tv_usec = 0};

/// The client's end of the conversation.
class Client {
public:
    explicit Client(int fd) : fd_(fd)
    {
        // One that does not read is not waited for.
        ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &longest_send, sizeof longest_send);
    }
    [[nodiscard]] int fd() const { return fd_; }

    [[nodiscard]] Result<void> tell(SleepNews news) const
    {
        if (const int why = linux_::send_whole(fd_, std::string(wire::word_of(news)) + "\n"); why != 0)
            return failure("cannot tell usbrouted", why);
        return {};
    }
    /// Whether it has said that sleep may come. Nothing: it is gone, or talks nonsense.
    [[nodiscard]] std::optional<bool> hear()
    {
        std::array<char, 64> bytes{};
        const auto got = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
        if (got <= 0) return std::nullopt;
        received_.append(bytes.data(), static_cast<std::size_t>(got));
        bool may = false;
        for (auto end = received_.find('\n'); end != std::string::npos; end = received_.find('\n')) {
            if (received_.substr(0, end) != wire::sleep_may_come) return std::nullopt;
            received_.erase(0, end + 1);
            may = true;
        }
        if (received_.size() > wire::longest_sleep_line) return std::nullopt;
        return may;
    }

private:
    int fd_;
    std::string received_;
};

class Vigil {
public:
    Vigil(Bus bus, Client& client) : bus_(std::move(bus)), client_(client) {}

    /// An error: logind does not let us.
    [[nodiscard]] Result<void> hold()
    {
        auto held = bus_.inhibit();
        if (!held) return std::unexpected(std::move(held.error()));
        held_ = std::move(*held);
        return client_.tell(SleepNews::held);
    }

    [[nodiscard]] Result<void> keep()
    {
        for (;;) {
            // What came while it was asked for the inhibitor is there already.
            const auto news = bus_.take_news();
            if (!news) return std::unexpected(news.error());
            if (auto told = follow(*news); !told) return told;
            const auto client = wait();
            if (!client) return std::unexpected(client.error());
            if (!*client) continue;
            const auto may = client_.hear();
            if (!may) return {};
            if (*may) held_ = {};
        }
    }

private:
    [[nodiscard]] Result<void> follow(const Bus::News& news)
    {
        if (news.sleeps == true) return client_.tell(SleepNews::sleeps);
        if (news.sleeps == false) {
            if (auto told = client_.tell(SleepNews::awake); !told) return told;
        }
        if (news.sleeps == false || news.has_another_owner) return hold();
        return {};
    }

    /// Whether the client has something to say.
    [[nodiscard]] Result<bool> wait()
    {
        std::array<pollfd, 2> asked{{{.fd = bus_.fd(), .events = bus_.events(), .revents = 0},
                                     {.fd = client_.fd(), .events = POLLIN, .revents = 0}}};
        if (::poll(asked.data(), asked.size(), static_cast<int>(bus_.patience().count())) < 0 &&
            errno != EINTR)
            return failure("cannot wait", errno);
        return asked[1].revents != 0;
    }

    Bus bus_;
    Client& client_;
    linux_::UniqueFd held_; ///< the host waits for this to be closed
};

Result<void> wait_for_the_end(Client& client)
{
    while (client.hear()) {
        pollfd asked{.fd = client.fd(), .events = POLLIN, .revents = 0};
        if (::poll(&asked, 1, -1) < 0 && errno != EINTR) return failure("cannot hear usbrouted", errno);
    }
    return {};
}

} // namespace

Result<void> keep_vigil(int fd)
{
    Client client(fd);
    auto bus = Bus::open();
    if (bus) {
        Vigil vigil(std::move(*bus), client);
        if (vigil.hold()) return vigil.keep();
    }
    if (auto told = client.tell(SleepNews::absent); !told) return told;
    return wait_for_the_end(client);
}

} // namespace usbroute::sleep
