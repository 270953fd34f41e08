// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace usbroute::wire {

/// What usbroute-sleep tells of the host's sleep, a word to a line.
enum class SleepNews : std::uint8_t {
    held,   ///< "held": the host waits for us before it sleeps, a few seconds at most
    sleeps, ///< "sleeps": it is about to, and goes on when it hears `sleep_may_come`
    awake,  ///< "awake": it has slept, or does not want to any more
    absent, ///< "absent": there is no logind, or it does not let us ask it to wait
};

[[nodiscard]] std::string_view word_of(SleepNews news);
/// Reads a line without its end; nothing: it is not one.
[[nodiscard]] std::optional<SleepNews> read_sleep_news(std::string_view line);

/// What usbroute-sleep is told, without the end of the line.
inline constexpr std::string_view sleep_may_come = "may";
/// No line of either side is longer.
inline constexpr std::size_t longest_sleep_line = 64;

} // namespace usbroute::wire
