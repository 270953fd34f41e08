// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/notify.hpp"

#include "base/format.hpp"
#include "base/numbers.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

/// sd_watchdog_enabled(3). Another process is meant where WATCHDOG_PID is not ours: a parent that did not clear it.
std::optional<std::chrono::microseconds> take_watchdog()
{
    const auto read = [](const char* variable) -> std::optional<std::uint64_t> {
        const char* text =
            std::getenv(variable); // NOLINT(concurrency-mt-unsafe): before there is another thread
        if (text == nullptr) return std::nullopt;
        const auto number = number_from<std::uint64_t>(text);
        ::unsetenv(variable); // NOLINT(concurrency-mt-unsafe)
        return number;
    };
    const auto process = read("WATCHDOG_PID");
    const auto period = read("WATCHDOG_USEC");
    const bool is_meant = !process || *process == static_cast<std::uint64_t>(::getpid());
    constexpr std::uint64_t longest = 24ULL * 3600 * 1'000'000;
    if (!period || !is_meant || *period == 0 || *period > longest) return std::nullopt;
    return std::chrono::microseconds(*period);
}

} // namespace

ServiceManager::ServiceManager() : watchdog_(take_watchdog())
{
    const char* address =
        std::getenv("NOTIFY_SOCKET"); // NOLINT(concurrency-mt-unsafe): before there is another thread
    if (address == nullptr) return;
    address_ = address;
    ::unsetenv("NOTIFY_SOCKET"); // NOLINT(concurrency-mt-unsafe)
    // '@' stands for the zero byte that abstract names begin with.
    const bool usable = (address_.starts_with('/') || address_.starts_with('@')) && address_.size() > 1 &&
                        address_.size() < sizeof(sockaddr_un::sun_path);
    if (usable) fd_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

void ServiceManager::ready(std::string_view status)
{
    tell(format("READY=1\nSTATUS={}\nMAINPID={}", status, ::getpid()));
}

void ServiceManager::reloading()
{
    // Type=notify-reload wants the time, to tell this reload from an earlier one.
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    tell(format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000 + now.tv_nsec / 1000));
}

void ServiceManager::stopping() { tell("STOPPING=1"); }

void ServiceManager::status(std::string_view status) { tell(format("STATUS={}", status)); }

void ServiceManager::alive() { tell("WATCHDOG=1"); }

void ServiceManager::keep(std::string_view name, int file)
{
    tell(format("FDSTORE=1\nFDNAME={}", name), file);
}

void ServiceManager::drop(std::string_view name) { tell(format("FDSTOREREMOVE=1\nFDNAME={}", name)); }

void ServiceManager::tell(const std::string& state, std::optional<int> file)
{
    if (!fd_.is_open()) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, address_.data(), address_.size());
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    // A service manager that does not listen is not our trouble.
    if (!file) {
        (void)::sendto(fd_.get(), state.data(), state.size(), MSG_NOSIGNAL,
                       reinterpret_cast<const sockaddr*>(&address), size);
        return;
    }
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    const cmsghdr rights{
        .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    std::memcpy(control.data(), &rights, sizeof rights);
    std::memcpy(control.data() + CMSG_LEN(0), &*file, sizeof(int));
    auto text = state;
    iovec part{.iov_base = text.data(), .iov_len = text.size()};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = size;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    (void)::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
}

} // namespace usbroute::linux_
