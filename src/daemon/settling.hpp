// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace usbroute::daemon {

/// To be looked at again after so long, also where nothing else happens.
using Wake = std::function<void(std::chrono::milliseconds)>;

/// Whether the kernel has had time to find what hangs on the wires where they are now: until it has, a socket in which
/// nothing is seen may hold a keyboard.
class Settling {
public:
    /// How long it still takes; zero: all has been found.
    [[nodiscard]] std::chrono::milliseconds left(const topology::Snapshot& snapshot,
                                                 std::chrono::milliseconds now);
    /// We moved the wires to where they are.
    void moved_by_us(const topology::Snapshot& snapshot);

private:
    std::optional<std::uint32_t> wires_; ///< XUSB2PR as of the last time asked
    std::chrono::milliseconds since_{};
};

} // namespace usbroute::daemon
