// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/check.hpp"
#include "daemon/claim_line.hpp"
#include "daemon/clients.hpp"
#include "daemon/lookout.hpp"
#include "fakes/daemon_room.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/scripted_desk.hpp"
#include "linux/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <functional>
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

/// A source of hints that knows that nothing happens.
class NothingHappens final : public observe::HintSource {
public:
    [[nodiscard]] int fd() const override { return -1; }
    [[nodiscard]] observe::Hints drain() override { return {}; }
    [[nodiscard]] bool hears_everything() const override { return true; }
};

/// What a client's connection needs around it; its commands are answered by a scripted desk.
struct ClientRoom : DaemonRoom {
    ClientEnd connect(daemon::Entrance& entrance, daemon::Caller caller = {.party = {}, .who = "somebody"},
                      std::function<void()> ended = {})
    {
        std::array<int, 2> ends{};
        USBROUTE_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) ==
                       0);
        clients.add({.loop = loop, .lookout = lookout, .claims = claims, .owner = clients},
                    linux_::UniqueFd(ends[0]), entrance, desk, std::move(caller), std::move(ended));
        return ClientEnd(linux_::UniqueFd(ends[1]));
    }

    daemon::Entrance control{.settings = {.name = ListenerName("control"), .per_minute = 0}};
    daemon::Entrance netcat{.settings = {.name = ListenerName("netcat"), .address = config::TcpAddress{}}};
    FakeLoop loop;
    NothingHappens hints;
    observe::NoCount count;
    daemon::Lookout lookout{{.loop = loop, .machine = machine, .tree = tree, .hints = hints, .events = count},
                            [](const daemon::Findings&) {}};
    daemon::ClaimLine claims{loop, machine, state.path() + "/claims.sock", [] {}};
    ScriptedDesk desk;
    daemon::Clients clients;
};

} // namespace usbroute::fakes
