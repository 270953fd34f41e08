// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

namespace usbroute::wire {

inline constexpr std::chrono::seconds shortest_trial{1};
inline constexpr std::chrono::seconds longest_trial{3600};

/// How long a trial lasts: "30s", "2m", "1h", plain "30" (seconds); "0" is no trial at all. The error says what may
/// stand there.
[[nodiscard]] std::expected<std::chrono::seconds, std::string> read_trial_time(std::string_view text);

} // namespace usbroute::wire
