// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "fakes/boards.hpp"
#include "plan/plan.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::plan {

/// A machine, a configuration, what the host does with its disks.
struct Bench {
    topology::Snapshot snapshot = fakes::z97();
    config::Settings settings = fakes::settings();
    topology::HostUse use;
    std::optional<Change> last;
    std::optional<Change> standing;
    std::vector<config::ListenerSettings> lines;
    std::optional<Change> trial;

    [[nodiscard]] Outcome ask(Wish wish, bool yes = false, std::vector<std::string> force = {}) const
    {
        return ask({std::move(wish), yes, std::move(force)});
    }
    [[nodiscard]] Outcome ask(const Request& request) const
    {
        return make_plan({snapshot, settings, use, last, standing, lines, trial}, request);
    }
    void give_ehcis_to_the_guest()
    {
        for (const char* address : {"00:1d.0", "00:1a.0"}) {
            auto& ehci = fakes::controller(snapshot, address);
            ehci.driver = "vfio-pci";
            ehci.buses.clear();
        }
    }
};

/// What the steps would do to the registers, and to what is remembered.
inline void carry_out(Bench& bench, const Plan& plan)
{
    auto& bits = fakes::bits(bench.snapshot);
    for (const auto& step : plan.steps) {
        const auto& write = std::get<route::WriteRegister>(step.action);
        auto& word = write.target == chips::RouteRegister::usb2_owner ? bits.usb2_owner : bits.superspeed_on;
        word = (word & ~write.mask) | write.value;
    }
    bench.last = plan.change;
    bench.standing = bench.standing ? bench.standing->followed_by(plan.change) : plan.change;
}

inline MoveRequest move(std::string connector, config::Target to)
{
    return {{ConnectorName(std::move(connector))}, std::move(to)};
}
inline config::Target windows() { return GuestName("windows"); }

/// The steps as text, one line each: proves that nothing else happens.
inline std::string steps_of(const Outcome& outcome)
{
    if (const auto* refusal = std::get_if<Refusal>(&outcome)) return "refused: " + text_of(*refusal);
    std::string text;
    for (const auto& step : std::get<Plan>(outcome).steps) text += shell_line(step.action) + "\n";
    return text;
}

/// Which sockets do not go, and why, one line each.
inline std::string stays_of(const Outcome& outcome)
{
    if (const auto* refusal = std::get_if<Refusal>(&outcome)) return "refused: " + text_of(*refusal);
    std::string text;
    for (const auto& stay : std::get<Plan>(outcome).staying)
        text += stay.connector.text() + " " + std::string(code_of(stay.why.reason)) + "\n";
    return text;
}

inline std::string_view refusal_of(const Outcome& outcome)
{
    const auto* refusal = std::get_if<Refusal>(&outcome);
    return refusal == nullptr ? std::string_view("not refused") : code_of(refusal->reason);
}

} // namespace usbroute::plan
