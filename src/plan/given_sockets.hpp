// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/seen.hpp"
#include "plan/plan.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::plan {

/// What a socket that is a guest's, or a device in it, waits for.
struct SocketWait {
    std::optional<topology::PortPath> place; ///< of the device; nothing: whatever comes into the socket
    /// "guest-off", "not-started", "monitor-silent", "guest-paused", "no-port", "held-by-other", "failed", "kept", "under-way", "no-right"
    std::string code;
    std::string sentence;
    std::vector<std::string> errors; ///< of "failed": what went wrong, oldest first
    bool operator==(const SocketWait&) const = default;
};

/// A socket that no mux reaches and that is a guest's, or whose whole controller is not with the host yet.
struct GivenSocket {
    ConnectorName connector;
    GuestName guest;
    /// By place as soon as something in it is; by libvirt for each guest that libvirt runs.
    attach::Way way = attach::Way::descriptor;
    std::vector<SocketWait> waits;
    bool goes_whole = false;  ///< with its controller; `way` says nothing then
    bool is_reserved = false; ///< the guest does not run, and nobody has what is plugged in until it does
    bool operator==(const GivenSocket&) const = default;
};

/// `followed`: the plan of a FollowRequest for this snapshot. In the order of the configuration.
[[nodiscard]] std::vector<GivenSocket> given_sockets(const Plan& followed, const topology::Snapshot& snapshot,
                                                     const config::Settings& settings);

/// Whole controllers that could not be brought to whom their sockets are for, and why; they are tried again.
using FailedControllers = std::map<PciAddress, std::string>;

/// Of sockets that go with their whole controller. `devices`: the plan of a FollowRequest that leaves all controllers alone;
/// `controllers`: that of one that leaves none.
[[nodiscard]] std::vector<GivenSocket> whole_sockets(const Plan& devices, const Plan& controllers,
                                                     const FailedControllers& failed,
                                                     const topology::Snapshot& snapshot,
                                                     const config::Settings& settings);

/// A plug into one of its sockets has not had this guest run, and why: a sentence.
void add_not_started(std::vector<GivenSocket>& sockets, const GuestName& guest, const std::string& why);

/// The same wait for whoever may not know what the host has and who else is there.
[[nodiscard]] std::string wait_in_general_words(std::string_view code);

} // namespace usbroute::plan
