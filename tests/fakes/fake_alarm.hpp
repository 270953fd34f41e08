// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/alarm.hpp"

#include <optional>
#include <string>

namespace usbroute::fakes {

/// A clock that is turned by hand.
class FakeAlarm final : public daemon::Alarm {
public:
    [[nodiscard]] std::chrono::milliseconds now() const override { return time; }
    [[nodiscard]] std::string boot() const override { return id; }
    void ring_at(std::chrono::milliseconds when) override { at = when; }
    void silence() override { at.reset(); }

    std::chrono::milliseconds time = std::chrono::seconds(1000);
    std::optional<std::chrono::milliseconds> at;
    std::string id = "this-boot";
};

} // namespace usbroute::fakes
