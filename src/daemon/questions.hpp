// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/host_device.hpp"
#include "daemon/machine.hpp"
#include "daemon/moved.hpp"
#include "linux/loop.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>

namespace usbroute::daemon {

/// Devices about which a rule asks who is to have them. Nobody has one while its question is open; it is answered by moving the device by
/// its name, and by nobody in time with the host.
///
/// A question is known by its device, from plug to unplug. A daemon that is started anew asks again, from the beginning.
class Questions {
public:
    struct Parts {
        linux_::Loop& loop;
        Machine& machine;
        TellMoved moved;
        std::function<void(const topology::PortPath& place, const std::string& question)> ask;
    };

    explicit Questions(Parts parts);

    /// After each look and each change.
    void look_again();

private:
    struct Open {
        std::chrono::milliseconds until; ///< by the loop's clock
        bool is_being_closed = false;
    };

    void ring();
    void close(const attach::HostDevice& device);
    void wake_for_the_next();

    Parts parts_;
    linux_::Timer timer_;
    std::map<attach::HostDevice, Open> open_;
    std::size_t unanswered_ = 0; ///< questions that have ended so, since the daemon started
};

} // namespace usbroute::daemon
