// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/hints.hpp"

#include <chrono>
#include <functional>

namespace usbroute::wizard {

/// Asks `is_so` now and after each hint until it says yes or the time is over.
void wait_for(observe::HintSource& hints, std::chrono::milliseconds longest,
              const std::function<bool()>& is_so);

/// How long to sleep before looking again where nothing tells of changes.
inline constexpr std::chrono::milliseconds blind_pause{500};

} // namespace usbroute::wizard
