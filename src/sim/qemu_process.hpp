// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>

namespace usbroute::sim {

/// The argument by which the program becomes a guest's QEMU inside the board; then the guest's name and the monitor's path.
inline constexpr const char* guest_argument = "--guest";

/// Serves a monitor at a path until it is told to quit, or gets SIGTERM. One client at a time, as QEMU. The exit status.
[[nodiscard]] int run_guest(const std::string& name, const std::string& monitor);

} // namespace usbroute::sim
