// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/unique_fd.hpp"

#include <string>

namespace usbroute::linux_ {

/// Takes a state directory for one daemon as long as what is returned lives; the kernel gives it back when that daemon is
/// killed. An error: another one has it (code "in-use"). Not open: the directory is not there and cannot be made.
[[nodiscard]] Result<UniqueFd> lock_state(const std::string& directory);

} // namespace usbroute::linux_
