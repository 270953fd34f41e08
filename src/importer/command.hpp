// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cli/options.hpp"

namespace usbroute::importer {

/// `usbroute import FILE...`, from the files to the exit code: 0 everything was taken over, 1 parts were not.
[[nodiscard]] int run(const cli::Invocation& asked);

} // namespace usbroute::importer
