// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/notify.hpp"

#include "base/format.hpp"
#include "base/numbers.hpp"

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

void ServiceManager::tell(const std::string& state)
{
    if (!fd_.is_open()) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, address_.data(), address_.size());
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    // A service manager that does not listen is not our trouble.
    (void)::sendto(fd_.get(), state.data(), state.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&address), size);
}

} // namespace usbroute::linux_
