// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "config/settings.hpp"
#include "linux/locations.hpp"

#include <vector>

namespace usbroute::cli {

/// Guests that libvirt runs, and whose usbroute-libvirt has no socket. Of a recorded machine: none, since nothing runs there.
[[nodiscard]] std::vector<GuestName> guests_without_helper(const config::Settings& settings,
                                                           const linux_::Locations& where);

} // namespace usbroute::cli
