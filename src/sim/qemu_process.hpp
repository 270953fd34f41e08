// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <csignal>
#include <string>

namespace usbroute::sim {

/// The argument by which the program becomes a guest's QEMU inside the board; then the guest's name and the monitor's path.
inline constexpr const char* guest_argument = "--guest";

/// The signals that tell it what happens in the guest: its system hangs, and answers to no hot-unplug any more; it is reset.
inline constexpr int guest_hangs = SIGUSR1;
inline constexpr int guest_is_reset = SIGUSR2;

/// Serves a monitor at a path until it is told to quit, or gets SIGTERM. One client at a time, as QEMU. The exit status.
[[nodiscard]] int run_guest(const std::string& name, const std::string& monitor);

} // namespace usbroute::sim
