// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>

namespace usbroute::linux_ {

/// Whether that many more files could be opened now. At most 64.
[[nodiscard]] bool can_open(std::size_t count);
/// As above, asked right after `newest` was opened; cheap while most numbers are free.
[[nodiscard]] bool can_open_beside(int newest, std::size_t count);

} // namespace usbroute::linux_
