// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string_view>

/// What the daemon tells its administrator: `error` needs them now, `warning` some time, `info` is what was changed
/// on the machine, `debug` is for developers.
namespace usbroute::daemon::log {

enum class Detail : std::uint8_t { usual, debug };

/// Writes to stderr. Where that is the journal of systemd, with the priorities it understands and without a time.
void open(Detail detail);

void error(std::string_view text);
void warning(std::string_view text);
void info(std::string_view text);
void debug(std::string_view text);
[[nodiscard]] bool is_debug_wanted();

} // namespace usbroute::daemon::log
