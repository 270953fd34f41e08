// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/check.hpp"
#include "linux/listen.hpp"
#include "linux/unique_fd.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::fakes {

inline constexpr std::string_view qemus_greeting =
    R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": ["oob"]}})"
    "\r\n";

/// QEMU's monitor, played by the test: listens where QEMU would, and says what it is told to.
class ScriptedMonitor {
public:
    explicit ScriptedMonitor(const std::string& path) : door_(*linux_::listen_unix(path, std::nullopt)) {}

    /// From now on those who connect find another process at this end than before: credentials are those of whoever called
    /// listen last (Linux, net/unix/af_unix.c, unix_listen).
    void listen_as_another_process()
    {
        const auto child = ::fork();
        if (child == 0) ::_exit(::listen(door_.fd(), 1));
        int status = -1;
        USBROUTE_CHECK(child > 0 && ::waitpid(child, &status, 0) == child && status == 0);
    }
    /// Takes the next connection; false: there is none.
    bool accept()
    {
        auto client = linux_::accept_client(door_.fd());
        if (!client || !*client) return false;
        line_ = std::move(**client);
        return true;
    }
    void say(std::string_view text)
    {
        USBROUTE_CHECK(::send(line_.get(), text.data(), text.size(), MSG_NOSIGNAL) == std::ssize(text));
    }
    /// To one who may have gone meanwhile.
    void say_if_heard(std::string_view text)
    {
        const auto sent = linux_::send(line_.get(), text.data(), text.size());
        USBROUTE_CHECK(sent.count == text.size() || (sent.errno_value != 0 && !sent.would_block));
    }
    /// As much as goes at once; how many bytes that was.
    std::size_t pour(std::string_view text)
    {
        return linux_::send(line_.get(), text.data(), text.size()).count;
    }
    /// What has come since, up to 64 KiB; an open file that came along is kept.
    std::string hear()
    {
        std::string bytes(std::size_t{64} * 1024, '\0');
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const auto got = ::recvmsg(line_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (const auto* header = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header), sizeof number);
            file = linux_::UniqueFd(number);
        }
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    }
    void hang_up() { line_ = {}; }
    [[nodiscard]] bool is_connected() const { return line_.is_open(); }

    linux_::UniqueFd file; ///< the last that came

private:
    linux_::ListeningSocket door_;
    linux_::UniqueFd line_;
};

} // namespace usbroute::fakes
