// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "chips/chipset.hpp"
#include "config/settings.hpp"
#include "map/found_sockets.hpp"
#include "topology/snapshot.hpp"

#include <optional>
#include <string>
#include <vector>

namespace usbroute::report {

/// What the start of a configuration is made from.
struct ConfigStartFacts {
    const topology::Snapshot& snapshot;
    const std::vector<chips::PciFunction>& functions;    ///< all of the PCI bus: they make the IOMMU groups
    std::vector<config::ConnectorSettings> mapped = {};  ///< have their place in connectors.toml
    std::vector<config::ConnectorSettings> written = {}; ///< are in a usbroute.toml that is there already
    map::Panels panels = {};
    std::string sockets = "/run/usbroute"; ///< directory of the daemon's socket, where guests' lie beside it
};

/// The start of a usbroute.toml for this machine: its controllers as comments, sockets, a guest, two profiles to toggle between, the
/// guest's line. Above each value is a line that says what it is and where it was found. Whatever the machine, `config check` finds
/// no error in it.
struct ConfigStart {
    std::string toml;
    std::optional<std::string> written_to = {}; ///< nothing: it was only printed
};
[[nodiscard]] ConfigStart config_start(const ConfigStartFacts& facts);

/// {"schema":1,"toml":"...","written_to":null}
[[nodiscard]] std::string to_json(const ConfigStart& start);

} // namespace usbroute::report
