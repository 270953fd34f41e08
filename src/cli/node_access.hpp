// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/settings_files.hpp"
#include "report/config_check.hpp"

#include <optional>

namespace usbroute::cli {

/// How the user that usbrouted becomes has the nodes of this machine. Nothing: a recorded machine has no nodes, and where
/// there is no such user, usbrouted stays root.
[[nodiscard]] std::optional<report::LookAtNode> nodes_for_the_daemon(const linux_::Locations& where);

} // namespace usbroute::cli
