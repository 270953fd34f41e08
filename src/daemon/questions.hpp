// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/host_device.hpp"
#include "daemon/machine.hpp"
#include "daemon/moved.hpp"
#include "linux/loop.hpp"
#include "wire/event.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::daemon {

/// Devices about which a rule asks who is to have them. Nobody has one while its question is open; it is answered by a move of the
/// device (plan/open_questions.hpp), and by nobody in time with the host.
///
/// A question is known by its device, from plug to unplug. A daemon that is started anew asks again, from the beginning.
class Questions {
public:
    /// One that begins, or ends.
    struct News {
        topology::PortPath place;
        std::string connector; ///< in which the device is, or was; empty: in none
        std::string device;    ///< as people are shown it
        wire::QuestionNews what;
    };
    struct Parts {
        linux_::Loop& loop;
        Machine& machine;
        TellMoved moved;
        std::function<void(const News&)> tell;
    };

    explicit Questions(Parts parts);

    /// After each look and each change.
    void look_again();

    /// Until the host has this device because nobody has answered. Nothing: no question about it is known, or it stays open until
    /// somebody answers.
    [[nodiscard]] std::optional<std::chrono::seconds> left_for(const attach::HostDevice& device) const;

private:
    struct Open {
        std::chrono::milliseconds until; ///< by the loop's clock
        News news = {};                  ///< as it was asked
        bool is_being_closed = false;
        bool waits_for_ever = false;
    };

    [[nodiscard]] News end_of(const attach::HostDevice& key, const Open& open) const;
    void ring();
    void close(const attach::HostDevice& device);
    void wake_for_the_next();

    Parts parts_;
    linux_::Timer timer_;
    std::map<attach::HostDevice, Open> open_;
    std::size_t unanswered_ = 0; ///< questions that have ended so, since the daemon started
};

} // namespace usbroute::daemon
