// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace usbroute::linux_ {

/// What the command line says about where things are; empty: not said.
struct LocationOptions {
    std::string root;
    std::string config;
    std::string socket;
};

/// Where things are. Options win over the environment (USBROUTE_CONFIG, USBROUTE_SOCKET, USBROUTE_STATE_DIR, USBROUTE_LASTING_DIR, USBROUTE_CLAIMS_SOCKET, USBROUTE_SLEEP_SOCKET, USBROUTE_BIND_SOCKET, USBROUTE_LIBVIRT_DIR), the
/// environment over the defaults; the defaults lie below the root.
struct Locations {
    std::string root = "/";      ///< ends with a slash
    std::string config;          ///< usbroute.toml
    std::string connectors;      ///< connectors.toml, beside it
    std::string rules;           ///< rules.toml, beside it
    std::string socket;          ///< of the daemon
    std::string state;           ///< directory of the journal, its owner's alone
    std::string state_of_before; ///< where version 0.1 had it, among the sockets; empty: nowhere
    std::string claims;          ///< socket of usbroute-claims; empty: a recorded machine, which has none
    std::string sleep;           ///< socket of usbroute-sleep; empty as well there
    std::string bind;            ///< socket of usbroute-bind; empty as well there
    std::string libvirt;         ///< what the directories of all usbroute-libvirt begin with
    std::string lasting;   ///< directory of what outlives a boot; empty: a recorded machine, which has none
    bool recorded = false; ///< the root is not "/": a recorded machine
    bool config_was_named = false;
    bool socket_was_named = false;
};

[[nodiscard]] Locations locate(const LocationOptions& options);

/// Where the usbroute-libvirt for qemu:///system listens, or for the qemu:///session of a user.
[[nodiscard]] std::string libvirt_socket(const Locations& where, std::string_view user);

} // namespace usbroute::linux_
