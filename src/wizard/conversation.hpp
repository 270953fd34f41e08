// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "cli/options.hpp"

namespace usbroute::wizard {

/// `usbroute map`: until the person has had enough, or Ctrl-C. What has been named by then is on the disk.
[[nodiscard]] Result<void> converse(const cli::Options& options);

} // namespace usbroute::wizard
