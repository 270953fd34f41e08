// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/recording.hpp"

#include <string>
#include <string_view>

namespace usbroute::observe {

/// How much of it was replaced.
struct Disguised {
    int serials = 0;
    int addresses = 0; ///< that look like a MAC address
    int uuids = 0;
    bool host_name = false;
};

/// Replaces what tells one machine from all others of its kind: serial numbers, what looks like a MAC address, UUIDs, the
/// host name. Equal things stay equal and different ones different, so that a recording still answers as the machine
/// did. `host_name` may be empty.
Disguised disguise(Recording& recording, std::string_view host_name);

} // namespace usbroute::observe
