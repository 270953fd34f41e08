// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "linux/listen.hpp"
#include "wire/command.hpp"

#include <optional>
#include <string>

#include <sys/types.h>

/// Who may do what through which door. Pure.
namespace usbroute::daemon {

/// Who may use a Unix socket.
struct Members {
    uid_t own_user = 0;         ///< the daemon's
    std::optional<gid_t> group; ///< of the listener; absent: nobody besides root and the daemon's own user
};

/// The file mode says the same, unless somebody else made the socket.
[[nodiscard]] bool may_enter(const Members& members, const linux_::Peer& peer);

/// Why this listener's rights do not cover a command, in one sentence. Nothing: they do.
///
/// A guest's line may name only what the configuration gives to that guest: connectors of its profiles, the host
/// or itself as target, profiles of the toggle round. It lifts no guard of the host's people.
[[nodiscard]] std::optional<std::string> why_not_allowed(const config::ListenerSettings& listener,
                                                         const config::Settings& settings,
                                                         const wire::Command& command);

} // namespace usbroute::daemon
