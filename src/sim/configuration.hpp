// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "sim/board.hpp"

#include <cstdint>
#include <string>

namespace usbroute::sim {

/// The configuration of the programs inside: connectors and guests of the recorded machine; profiles and listeners of
/// the simulator. `port` is the listener's at 127.0.0.1.
[[nodiscard]] std::string configuration_text(const Board& board, const std::string& directory,
                                             std::uint16_t port);

} // namespace usbroute::sim
