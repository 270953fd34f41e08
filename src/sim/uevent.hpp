// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/unique_fd.hpp"
#include "sim/node.hpp"
#include "sim/trace.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::sim {

/// The message with which udevd passes a uevent to libudev: a header, then "KEY=value" strings, each closed
/// by a NUL. The header's hashes let listeners filter by subsystem and type before they wake up.
[[nodiscard]] std::string udev_message(std::string_view action, const Node& node, std::uint64_t sequence);

/// Sends uevents to everything inside that listens through libudev.
///
/// libumockdev-preload turns a listener's netlink socket into a Unix socket "eventN" in the simulated root, N
/// being its descriptor. So two programs with equal descriptors would take the name from each other; `adopt`
/// gives each socket a name of its own. libumockdev's own sender is not used: it ends the program when a
/// listener has not read its last ten events.
class UeventSender {
public:
    explicit UeventSender(std::string directory) : directory_(std::move(directory)) { count(); }

    void adopt();
    void send(std::string_view action, const Node& node);

    /// Where what has been sent is counted, in the simulated root, as the kernel does (/sys/kernel/uevent_seqnum).
    static constexpr std::string_view count_file = "sys/kernel/uevent_seqnum";

private:
    void count();

    struct Listener {
        std::string path;
        bool is_slow = false; ///< did not read in time; is not waited for until it reads again
    };

    std::string directory_;
    Trace trace_ = Trace::from_environment();
    std::vector<Listener> listeners_;
    std::uint64_t next_name_ = 1;
    std::uint64_t sequence_ = 4000;
    linux_::UniqueFd count_; ///< one file for good: who reads it keeps it open
};

} // namespace usbroute::sim
