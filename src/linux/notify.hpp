#pragma once

#include "linux/unique_fd.hpp"

#include <string>
#include <string_view>

namespace usbroute::linux_ {

/// Tells the service manager how we are (the sd_notify protocol: a datagram to the socket in NOTIFY_SOCKET).
/// Without one it does nothing.
class ServiceManager {
public:
    /// Reads and clears NOTIFY_SOCKET.
    ServiceManager();

    void ready(std::string_view status);
    void reloading();
    void stopping();
    void status(std::string_view status);

private:
    void tell(const std::string& state);

    std::string address_;
    UniqueFd fd_;
};

} // namespace usbroute::linux_
