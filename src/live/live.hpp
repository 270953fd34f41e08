// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "cli/options.hpp"

namespace usbroute::live {

/// Until the person or a signal ends it, which is no error.
[[nodiscard]] Result<void> run(const cli::Options& options);

} // namespace usbroute::live
