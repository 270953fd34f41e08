// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/parse.hpp"
#include "config/settings.hpp"
#include "plan/needed_nodes.hpp"
#include "report/views.hpp"
#include "topology/snapshot.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::report {

/// What `config check` has to say about a configuration that is right in itself.
struct ConfigCheck {
    int schema = report::schema;
    std::vector<std::string> files; ///< that were there
    int connectors = 0;
    int guests = 0;
    int profiles = 0;
    int listeners = 0;
    int hubs = 0;
    bool machine_was_seen = false; ///< false: no USB controller here, so nothing could be compared
    struct Misfit {
        std::string origin; ///< "usbroute.toml:12:3"
        std::string message;
        bool is_of_reach = false; ///< by `plan::out_of_reach`, which the doctor asks itself
    };
    std::vector<Misfit> misfits; ///< where it does not fit this machine
    std::vector<Misfit>
        warnings; ///< what is allowed, and hardly meant; or something outside of it is missing
};

[[nodiscard]] ConfigCheck check_config(const config::Settings& settings, const topology::Snapshot& snapshot,
                                       std::vector<std::string> files);

/// Who may do what with the node of a device or a root hub.
struct NodeAccess {
    std::string path;         ///< "/dev/bus/usb/003/001"
    bool is_writable = false; ///< by the daemon's user
};
/// Nothing: there is no such node.
using LookAtNode = std::function<std::optional<NodeAccess>(const plan::NumberedPath&)>;
/// Of one bus, nodes that the daemon needs and may not write.
struct ShutNodes {
    std::string origin;   ///< of the first connector that needs them
    std::string sentence; ///< "usbrouted may not write /dev/bus/usb/003/001, which it needs for rear-1"
};
[[nodiscard]] std::vector<ShutNodes> shut_nodes(const config::Settings& settings,
                                                const topology::Snapshot& snapshot, const LookAtNode& look);
/// A warning for each of them.
void add_node_warnings(ConfigCheck& check, const config::Settings& settings,
                       const topology::Snapshot& snapshot, const LookAtNode& look);

/// A warning for each guest of libvirt's whose usbroute-libvirt does not listen.
void add_helper_warnings(ConfigCheck& check, const config::Settings& settings,
                         const std::vector<GuestName>& without_helper);

} // namespace usbroute::report
