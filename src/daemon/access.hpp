// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/listen.hpp"

#include <optional>

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

} // namespace usbroute::daemon
