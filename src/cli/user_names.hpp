// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/locations.hpp"
#include "report/who.hpp"

namespace usbroute::cli {

/// As this machine has them. Here and not in the daemon: what the C library loads for it stays in memory. Of a recorded machine no
/// number has a name.
[[nodiscard]] report::NameOfUser names_of_users(const linux_::Locations& where);

} // namespace usbroute::cli
