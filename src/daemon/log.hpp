// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

/// What the daemon tells its administrator: `error` needs them now, `warning` some time, `change` is what was changed
/// on the machine, `info` what has happened beside that, `debug` is for developers. What is too much is left out, and counted
/// (`Budget`): no peer can fill the disk, and changes and errors are not crowded out.
namespace usbroute::daemon::log {

enum class Detail : std::uint8_t { usual, debug };

/// The clock of the budget: steady time.
using Clock = std::chrono::milliseconds (*)();
[[nodiscard]] std::chrono::milliseconds steady_time();

/// Writes to stderr. Where that is the journal of systemd, with the priorities it understands and without a time.
void open(Detail detail, Clock clock = steady_time);

void error(std::string_view text);
void change(std::string_view text);
/// `source`: who caused it, "listener netcat", for what a peer can cause again and again; empty: nobody in particular.
void warning(std::string_view text, std::string_view source = {});
void info(std::string_view text, std::string_view source = {});
void debug(std::string_view text, std::string_view source = {});
[[nodiscard]] bool is_debug_wanted();

} // namespace usbroute::daemon::log
