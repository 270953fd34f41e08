// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

/// The one door to {fmt}: g++ 12 has no <format>. Everything else includes this file, so that a later
/// move to std::format touches one place.
#include <fmt/format.h>

namespace usbroute {
using fmt::format;
} // namespace usbroute
