// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cli/options.hpp"

#include <string>

namespace usbroute::wizard {

/// What follows on "saved in connectors.toml": the daemon has read it, or what has it read. Asks the daemon where this user may. Not
/// `is_the_daemons`: another file than any daemon reads, and nothing follows.
[[nodiscard]] std::string what_becomes_of_it(const cli::Options& options, bool is_the_daemons);

} // namespace usbroute::wizard
