// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "report/config_check.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::report {

/// The users and groups of this machine, and whom its sockets let in.
struct Doors {
    std::function<bool(const std::string& group)> has_group;
    /// Nothing: there is no such user, or no such group.
    std::function<std::optional<bool>(const std::string& user, const std::string& group)> is_member;
    /// Whether the user may connect to a socket, as a member of this group, too, unless that is empty. Nothing: there is no such
    /// user or file, or it cannot be looked at.
    std::function<std::optional<bool>(const std::string& user, const std::string& group,
                                      const std::string& path)>
        lets_in;
    /// The group of a file; empty: not known.
    std::function<std::string(const std::string& path)> group_of;
};

/// A warning for each group that is not there, and for each socket on the way to a guest that does not let in whoever has to connect.
void add_group_warnings(ConfigCheck& check, const config::Settings& settings, const Doors& doors);

/// The uuid in the definition of a domain of qemu:///system, by its name; nothing: it cannot be read.
using UuidOfDomain = std::function<std::optional<std::string>(const std::string& name)>;
/// A misfit for each guest whose domain is that of another guest, by its name here and its UUID there.
void add_same_domains(ConfigCheck& check, const config::Settings& settings, const UuidOfDomain& uuid_of);

} // namespace usbroute::report
