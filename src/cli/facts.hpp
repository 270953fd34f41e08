// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cli/options.hpp"
#include "diagnose/diagnosis.hpp"

namespace usbroute::cli {

/// Looks at everything that a diagnosis is made of. Nothing is written, unless `options.try_write` asks for the one
/// write that changes nothing.
[[nodiscard]] diagnose::Facts gather_facts(const Options& options);

} // namespace usbroute::cli
