// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/unique_fd.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::linux_ {

/// Tells the service manager how we are (the sd_notify protocol: a datagram to the socket in NOTIFY_SOCKET).
/// Without one it does nothing.
class ServiceManager {
public:
    /// Reads and clears NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
    ServiceManager();

    void ready(std::string_view status);
    void reloading();
    void stopping();
    void status(std::string_view status);
    /// How often `alive` has to be said at least, or the service manager takes us for hung; nothing: it does not watch.
    [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }
    void alive();
    /// Leaves an open file with it, under a name, for our next start (FDSTORE=1); it lets go of it when the service is stopped, or the
    /// file's device is gone. The unit has to allow it (FileDescriptorStoreMax=). To be called before our system calls are
    /// filtered: they send no message with a file.
    void keep(std::string_view name, int file);
    /// It closes all that was left under this name (FDSTOREREMOVE=1).
    void drop(std::string_view name);
    [[nodiscard]] bool is_there() const { return fd_.is_open(); }

private:
    void tell(const std::string& state, std::optional<int> file = std::nullopt);

    std::string address_;
    UniqueFd fd_;
    std::optional<std::chrono::microseconds> watchdog_;
};

} // namespace usbroute::linux_
