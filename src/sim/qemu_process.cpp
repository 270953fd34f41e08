// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/qemu_process.hpp"

#include "base/format.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"
#include "linux/signals.hpp"
#include "linux/unix_address.hpp"
#include "sim/fake_qemu.hpp"
#include "sim/node_usb_host.hpp"
#include "sim/trace.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::sim {

using linux_::UniqueFd;

namespace {

using Moment = FakeQemu::Moment;

/// A client that does not read what it asks for.
constexpr std::size_t most_unsent = 1U << 20U;
constexpr std::size_t most_descriptors = 16; ///< in one message

std::chrono::microseconds time_of_day()
{
    return std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
}

Result<UniqueFd> listen_as_qemu(const std::string& path)
{
    const auto address = linux_::unix_address(path);
    if (!address) return failure(format("the path of the monitor is too long for a socket: {}", path));
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.is_open() ||
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
        ::listen(fd.get(), 4) != 0)
        return failure(format("cannot listen at {}", path), errno);
    return fd;
}

class GuestProcess {
public:
    GuestProcess(const std::string& name, UniqueFd listener, UniqueFd signals)
        : listener_(std::move(listener)), signals_(std::move(signals)), qemu_(host_, name, time_of_day)
    {
        qemu_.know_drivers([](const std::string& function) {
            const linux_::LiveTree tree("/");
            const auto driver = tree.link(format("sys/bus/pci/devices/{}/driver", function));
            return driver ? driver->substr(driver->rfind('/') + 1) : std::string();
        });
    }

    void run()
    {
        while (!qemu_.has_quit()) {
            send();
            wait();
            const auto now = std::chrono::steady_clock::now();
            if (is_told_to_end(now)) {
                unsent_ += qemu_.end("host-signal");
                break;
            }
            take_client();
            read(now);
            say(qemu_.advance(now));
        }
        send();
    }

private:
    void wait()
    {
        std::array<pollfd, 2> waiting{{{.fd = signals_.get(), .events = POLLIN, .revents = 0}, {}}};
        // A monitor has one client; others wait until it goes.
        waiting[1] = {
            .fd = client_.is_open() ? client_.get() : listener_.get(), .events = POLLIN, .revents = 0};
        if (client_.is_open() && !unsent_.empty()) waiting[1].events |= POLLOUT;
        int timeout = -1;
        if (const auto due = qemu_.next_due()) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(*due - std::chrono::steady_clock::now());
            timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
        }
        (void)::poll(waiting.data(), waiting.size(), timeout);
    }

    /// By two signals it is told what happens in the guest.
    [[nodiscard]] bool is_told_to_end(Moment now)
    {
        signalfd_siginfo signal{};
        while (::read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
            if (static_cast<int>(signal.ssi_signo) == guest_hangs)
                qemu_.hang();
            else if (static_cast<int>(signal.ssi_signo) == guest_is_reset)
                qemu_.reset(now);
            else
                return true;
        }
        return false;
    }

    void take_client()
    {
        if (client_.is_open()) return;
        client_ = UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (client_.is_open()) unsent_ = qemu_.greet();
    }

    /// What goes to nobody is forgotten.
    void say(const std::string& text)
    {
        if (client_.is_open()) unsent_ += text;
    }

    void drop_client()
    {
        client_.reset();
        unsent_.clear();
    }

    void take_descriptors(msghdr& message)
    {
        for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr;
             header = CMSG_NXTHDR(&message, header)) {
            if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
            const auto count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < count; ++i) {
                int number = -1;
                std::memcpy(&number, CMSG_DATA(header) + i * sizeof number, sizeof number);
                qemu_.pass(UniqueFd(number));
            }
        }
    }

    void read(Moment now)
    {
        if (!client_.is_open()) return;
        std::array<char, 4096> bytes{};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control{};
        iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const auto got = ::recvmsg(client_.get(), &message, MSG_CMSG_CLOEXEC);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) {
            drop_client();
            return;
        }
        take_descriptors(message);
        for (const auto line : split({bytes.data(), static_cast<std::size_t>(got)}, '\n'))
            if (!trim(line).empty()) trace_.note("qmp", line);
        say(qemu_.feed({bytes.data(), static_cast<std::size_t>(got)}, now));
    }

    void send()
    {
        if (!client_.is_open() || unsent_.empty()) return;
        const auto sent = ::send(client_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
        if (sent > 0) unsent_.erase(0, static_cast<std::size_t>(sent));
        const bool is_gone = sent < 0 && errno != EAGAIN && errno != EINTR;
        if (is_gone || unsent_.size() > most_unsent) drop_client();
    }

    UniqueFd listener_;
    UniqueFd signals_;
    UniqueFd client_;
    std::string unsent_;
    Trace trace_ = Trace::from_environment();
    NodeUsbHost host_;
    FakeQemu qemu_;
};

} // namespace

int run_guest(const std::string& name, const std::string& monitor)
{
    // What `ps` and the daemon call it.
    (void)::prctl(PR_SET_NAME, "qemu-simulated", 0, 0, 0);
    auto signals = linux_::open_signals({SIGINT, SIGTERM, SIGHUP, guest_hangs, guest_is_reset});
    auto listener = signals ? listen_as_qemu(monitor) : std::unexpected(signals.error());
    if (!listener) {
        std::fprintf(stderr, "usbroute-sim: guest %s: %s\n", name.c_str(),
                     listener.error().message().c_str());
        return 1;
    }
    GuestProcess(name, std::move(*listener), std::move(*signals)).run();
    ::unlink(monitor.c_str());
    return 0;
}

} // namespace usbroute::sim
