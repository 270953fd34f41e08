// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "diagnose/attempt.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::diagnose {

using config::Settings;
using topology::PciController;

namespace {

/// What `usbroute guest bind` would come to.
plan::HandoverOutcome bind_planned(const Examination& examination, const Settings& settings,
                                   const plan::BindRequest& request, bool vfio_driver)
{
    const auto& facts = examination.facts;
    const topology::HandoverLook look{
        .functions = facts.condition.functions, .controllers = {}, .vfio_driver = vfio_driver};
    const topology::HolderLook holders{.holders = facts.holders, .complete = false};
    return plan::plan_bind({.snapshot = facts.snapshot,
                            .look = look,
                            .settings = settings,
                            .use = facts.use,
                            .holders = holders},
                           request);
}

bool keeps_a_controller(const topology::Snapshot& snapshot, const plan::Handover& handover)
{
    return std::ranges::any_of(snapshot.controllers, [&](const PciController& controller) {
        return controller.is_driven_by_host() &&
               std::ranges::none_of(handover.rebinds(), [&](const assign::Rebind* given) {
                   return controller.address == given->function();
               });
    });
}

/// A refusal's remedy as far as it harms nobody: not how to take the last keyboard anyway, nothing of what
/// shares a group, because only a person can tell whether the host can do without it, and nothing of an IOMMU, of which
/// a diagnosis says more.
std::string safe_remedy(const plan::Refusal& refusal)
{
    if (refusal.reason == plan::Reason::last_keyboard) return "; give the host another keyboard first";
    const bool is_left_out =
        refusal.reason == plan::Reason::group_shared || refusal.reason == plan::Reason::iommu_off;
    return is_left_out || refusal.remedy.empty() ? std::string() : "; " + refusal.remedy;
}

Costs costs_of(const topology::Snapshot& snapshot, const plan::Handover& handover)
{
    if (handover.plan.steps.empty()) return {};
    Costs costs{.leaves_no_controller = !keeps_a_controller(snapshot, handover), .route = {}};
    if (!handover.routes.empty()) costs.route = handover.routes.front();
    return costs;
}
} // namespace

plan::Outcome planned(const Examination& examination, const Settings& settings, plan::MoveRequest move)
{
    const auto& facts = examination.facts;
    return plan::make_plan({.snapshot = facts.snapshot,
                            .settings = settings,
                            .use = facts.use,
                            .last_change = {},
                            .standing = {}},
                           {.wish = std::move(move), .yes = false, .force_disks = {}});
}
Attempt attempt(const Examination& examination, const Settings& settings, const plan::BindRequest& request)
{
    const auto outcome = bind_planned(examination, settings, request, true);
    if (const auto* refusal = std::get_if<plan::Refusal>(&outcome))
        return {.why_not = refusal->sentence + safe_remedy(*refusal), .gives_something = false, .costs = {}};
    const auto& handover = std::get<plan::Handover>(outcome);
    return {.why_not = {},
            .gives_something = !handover.plan.steps.empty(),
            .costs = costs_of(examination.facts.snapshot, handover)};
}
} // namespace usbroute::diagnose
