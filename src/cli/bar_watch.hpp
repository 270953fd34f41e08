// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cli/options.hpp"

namespace usbroute::cli {

/// `watch --format`: a line for a status bar now, and another whenever it would read differently. A bar starts it
/// once and for long, so it says "offline" where no daemon answers, and finds the next one. Returns the exit code.
[[nodiscard]] int watch_for_a_bar(const Options& options);

} // namespace usbroute::cli
