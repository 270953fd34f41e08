// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "diagnose/findings.hpp"
#include "plan/handover.hpp"
#include "plan/plan.hpp"

#include <optional>
#include <string>

/// What a command would come to on the machine that is examined, as the command itself decides it.
namespace usbroute::diagnose {

[[nodiscard]] plan::Outcome planned(const Examination& examination, const config::Settings& settings,
                                    plan::MoveRequest move);

/// What the host loses by a handover that is planned anyway; nobody should be led into it without warning.
struct Costs {
    bool leaves_no_controller = false;
    std::optional<topology::CarriedRoute> route;

    [[nodiscard]] bool none() const { return !leaves_no_controller && !route; }
};

/// What would come of a bind, as the command itself decides it.
struct Attempt {
    std::string why_not; ///< empty: it is planned
    bool gives_something = false;
    Costs costs;
};
[[nodiscard]] Attempt attempt(const Examination& examination, const config::Settings& settings,
                              const plan::BindRequest& request);

} // namespace usbroute::diagnose
