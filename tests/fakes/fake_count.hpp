// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/hints.hpp"

#include <cstdint>
#include <optional>

namespace usbroute::fakes {

/// The kernel's count of events, turned by hand.
class FakeCount final : public observe::EventCount {
public:
    [[nodiscard]] std::optional<std::uint64_t> now() const override { return count; }
    std::optional<std::uint64_t> count = 100;
};

} // namespace usbroute::fakes
