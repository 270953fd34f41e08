// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/alarm.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace usbroute::fakes {

/// A clock that is turned by hand. Outlives the daemons that it is lent to.
class FakeAlarm final : public daemon::Alarm {
public:
    [[nodiscard]] std::chrono::milliseconds now() const override { return time; }
    [[nodiscard]] std::chrono::milliseconds asleep() const override { return slept; }
    [[nodiscard]] std::string boot() const override { return id; }
    void ring_at(std::chrono::milliseconds when) override { at = when; }
    void silence() override { at.reset(); }

    /// For one daemon after the other; what is set stays set when one is killed.
    [[nodiscard]] daemon::MakeAlarm lent()
    {
        return [this](std::function<void()> ring) { return std::make_unique<Lent>(*this, std::move(ring)); };
    }
    [[nodiscard]] bool is_due() const { return at && *at <= time; }
    /// Rings whoever has it, if it is due.
    void ring_if_due()
    {
        if (!is_due() || !ring_) return;
        at.reset();
        ring_();
    }
    void turn_to(std::chrono::milliseconds when)
    {
        time = when;
        ring_if_due();
    }

    std::chrono::milliseconds time = std::chrono::seconds(1000);
    std::chrono::milliseconds slept{};
    std::optional<std::chrono::milliseconds> at;
    std::string id = "this-boot";

private:
    class Lent final : public daemon::Alarm {
    public:
        Lent(FakeAlarm& alarm, std::function<void()> ring) : alarm_(alarm) { alarm_.ring_ = std::move(ring); }
        ~Lent() override { alarm_.ring_ = nullptr; }
        Lent(const Lent&) = delete;
        Lent& operator=(const Lent&) = delete;

        [[nodiscard]] std::chrono::milliseconds now() const override { return alarm_.now(); }
        [[nodiscard]] std::chrono::milliseconds asleep() const override { return alarm_.asleep(); }
        [[nodiscard]] std::string boot() const override { return alarm_.boot(); }
        void ring_at(std::chrono::milliseconds when) override { alarm_.ring_at(when); }
        void silence() override { alarm_.silence(); }

    private:
        FakeAlarm& alarm_;
    };

    std::function<void()> ring_;
};

} // namespace usbroute::fakes
