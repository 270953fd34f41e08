// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "plan/needed_nodes.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::report {

/// Where the rules belong: after those that set a mode for all devices (50) and for kinds of them (60 to 71), before the one
/// that gives devices to whoever sits at the machine (73).
inline constexpr std::string_view place_of_rules = "/etc/udev/rules.d/72-usbroute.rules";

/// A file of udev rules that gives the daemon's group the nodes that it needs for reading and writing, and no others.
struct UdevRules {
    std::vector<std::string> lines;  ///< without their ends; empty: it needs none
    std::optional<std::string> none; ///< why, in a sentence
};
[[nodiscard]] UdevRules udev_rules(const topology::Snapshot& snapshot, const config::Settings& settings);

/// {"schema":1,"path":"/etc/udev/rules.d/72-usbroute.rules","lines":[...],"none":null}
[[nodiscard]] std::string to_json(const UdevRules& rules);

} // namespace usbroute::report
