// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <string>

namespace usbroute::cli {

/// Writes a proposed configuration: whole or not at all, and never over a file that is there.
[[nodiscard]] Result<void> write_new_config(const std::string& path, const std::string& toml);

} // namespace usbroute::cli
