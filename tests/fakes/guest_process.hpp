// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/check.hpp"
#include "linux/unique_fd.hpp"

#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::fakes {

/// QEMU's place: a process of its own that has connected, and does nothing but live until it is killed.
class GuestProcess {
public:
    /// `directory` has room for a socket.
    explicit GuestProcess(const std::string& directory, int lines = 1)
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const auto path = directory + "/guest-process.sock";
        USBROUTE_CHECK(path.size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, path.data(), path.size());
        const auto* base = reinterpret_cast<const sockaddr*>(&address);
        const linux_::UniqueFd door(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        USBROUTE_CHECK(::bind(door.get(), base, sizeof address) == 0 && ::listen(door.get(), lines) == 0);
        number_ = ::fork();
        USBROUTE_CHECK(number_ >= 0);
        if (number_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (int i = 0; i < lines; ++i)
                if (::connect(::socket(AF_UNIX, SOCK_STREAM, 0), base, sizeof address) != 0) ::_exit(1);
            for (;;) ::pause();
        }
        for (int i = 0; i < lines; ++i)
            lines_.emplace_back(::accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        ::unlink(path.c_str());
    }
    ~GuestProcess() { kill(); }
    GuestProcess(const GuestProcess&) = delete;
    GuestProcess& operator=(const GuestProcess&) = delete;

    /// Returns when it has ended, and nobody waits for it any more.
    void kill()
    {
        if (number_ <= 0) return;
        ::kill(number_, SIGKILL);
        ::waitpid(number_, nullptr, 0);
        number_ = 0;
    }
    /// Our end of its n-th connection.
    [[nodiscard]] int line(std::size_t n = 0) const { return lines_.at(n).get(); }
    [[nodiscard]] pid_t number() const { return number_; }

private:
    pid_t number_ = 0;
    std::vector<linux_::UniqueFd> lines_;
};

} // namespace usbroute::fakes
