// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/locations.hpp"

#include <cstdlib>

namespace usbroute::linux_ {

namespace {

std::string first_said(const std::string& option, const char* variable, const std::string& otherwise)
{
    if (!option.empty()) return option;
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0' ? std::string(value) : otherwise;
}

bool is_said(const std::string& option, const char* variable)
{
    return !first_said(option, variable, {}).empty();
}

/// Not among the sockets, which others have to reach: a directory of its own, which they cannot open.
void place_state(Locations& where)
{
    const auto usual = where.root + "run/usbroute";
    where.state = first_said({}, "USBROUTE_STATE_DIR", usual);
    while (where.state.size() > 1 && where.state.ends_with('/')) where.state.pop_back();
    if (where.state != usual && where.socket.substr(0, where.socket.rfind('/')) != where.state) return;
    where.state_of_before = where.state;
    where.state += "/state";
}

} // namespace

Locations locate(const LocationOptions& options)
{
    Locations where;
    if (!options.root.empty()) where.root = options.root;
    if (!where.root.ends_with('/')) where.root += '/';
    where.recorded = where.root != "/";
    where.config = first_said(options.config, "USBROUTE_CONFIG", where.root + "etc/usbroute/usbroute.toml");
    where.config_was_named = is_said(options.config, "USBROUTE_CONFIG");
    const auto slash = where.config.rfind('/');
    const auto directory = slash == std::string::npos ? std::string() : where.config.substr(0, slash + 1);
    where.connectors = directory + "connectors.toml";
    where.rules = directory + "rules.toml";
    where.lasting =
        first_said({}, "USBROUTE_LASTING_DIR", where.recorded ? std::string() : "/var/lib/usbroute");
    // Not in the state directory: that is the daemon's, and this one is root's.
    where.claims = first_said({}, "USBROUTE_CLAIMS_SOCKET",
                              where.recorded ? std::string() : "/run/usbroute-claims.sock");
    where.sleep =
        first_said({}, "USBROUTE_SLEEP_SOCKET", where.recorded ? std::string() : "/run/usbroute-sleep.sock");
    where.bind =
        first_said({}, "USBROUTE_BIND_SOCKET", where.recorded ? std::string() : "/run/usbroute-bind.sock");
    where.libvirt = first_said({}, "USBROUTE_LIBVIRT_DIR", where.root + "run/usbroute-libvirt");
    where.socket = first_said(options.socket, "USBROUTE_SOCKET", where.root + "run/usbroute/control.sock");
    where.socket_was_named = is_said(options.socket, "USBROUTE_SOCKET");
    place_state(where);
    return where;
}

std::string libvirt_socket(const Locations& where, std::string_view user)
{
    auto directory = where.libvirt;
    if (!user.empty()) directory.append("-").append(user);
    return directory + "/socket";
}

} // namespace usbroute::linux_
