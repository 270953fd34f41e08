// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

namespace usbroute::guest {

/// Those of `usbroute`, so that a script need not know which of the two it runs.
enum class ExitCode : std::uint8_t {
    done = 0,
    failed = 1,
    usage = 2,
    unreachable = 3,
    not_found = 4,
    not_permitted = 5,
    refused = 6,
    timed_out = 7,
    half_way = 8,
};

} // namespace usbroute::guest
