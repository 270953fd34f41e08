// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "daemon/listeners.hpp"
#include "linux/locations.hpp"
#include "linux/rights.hpp"

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace usbroute::daemon {

inline constexpr std::string_view usual_user = "usbroute";

/// What decides which user the daemon becomes.
struct UserFacts {
    uid_t started_as = 0;
    std::optional<std::string> wanted; ///< by --user; nothing: not said
    bool recorded = false;             ///< a recorded machine, which needs no rights
};

/// The user that the daemon becomes.
struct OwnUser {
    std::optional<linux_::Account> becomes; ///< nothing: stays the user it is
    bool keeps_capabilities = false;        ///< root that stays root
    std::string warning;                    ///< for the log; empty: nothing to say
};

using FindAccount = std::function<std::optional<linux_::Account>(const std::string&)>;

/// Decides; nothing is touched. The error is one sentence: the user that was asked for cannot be had.
[[nodiscard]] std::expected<OwnUser, std::string> choose_user(const UserFacts& facts,
                                                              const FindAccount& find);

/// The groups of the listeners that exist here. A member may give a socket file to them.
[[nodiscard]] std::vector<gid_t> groups_of(const std::vector<config::ListenerSettings>& listeners);

/// Gives the directories of the state to the user and becomes it; gives up the capabilities where there is no
/// other user to become. A warning where the configuration cannot be read any more. An error: this process has to end.
[[nodiscard]] Result<std::vector<std::string>> become(const OwnUser& own, const linux_::Locations& locations,
                                                      const std::vector<config::ListenerSettings>& listeners);

} // namespace usbroute::daemon
