// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "config/parse.hpp"
#include "linux/locations.hpp"

#include <string>
#include <vector>

namespace usbroute::linux_ {

/// Reads usbroute.toml and connectors.toml. Files that are not there count as empty, unless one was named on the
/// command line. Files that others may write are refused when root reads them: they decide what root does.
/// The error lists every problem, a line each.
[[nodiscard]] Result<config::Settings> load_settings(const Locations& locations);

/// The texts of usbroute.toml and connectors.toml, in this order; empty for one that is not there.
[[nodiscard]] Result<std::vector<config::SourceText>> read_settings_files(const Locations& locations);

/// The files that were there, for `config show`.
[[nodiscard]] std::vector<std::string> settings_files(const Locations& locations);

} // namespace usbroute::linux_
