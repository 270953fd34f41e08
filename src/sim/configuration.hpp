// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string>

namespace usbroute::sim {

/// A usbroute.toml for the board: its sockets by name, two toggling profiles, a guest, and listeners in
/// `directory` and on a TCP port of 127.0.0.1.
[[nodiscard]] std::string configuration_text(const std::string& directory, std::uint16_t port);

} // namespace usbroute::sim
