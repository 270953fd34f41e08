// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "report/views.hpp"

#include <ranges>

namespace usbroute::report {

using chips::RouteRegister;
using plan::Plan;

namespace {

/// "bit 3", "bits 0, 2, 3".
std::string bits_in(std::uint32_t mask)
{
    std::string list;
    int count = 0;
    for (int bit = 0; bit < 32; ++bit) {
        if ((mask >> bit & 1u) == 0) continue;
        if (count++ != 0) list += ", ";
        list += format("{}", bit);
    }
    return format("bit{} {}", count == 1 ? "" : "s", list);
}

int digits_of(RouteRegister target) { return target == RouteRegister::usb2_owner ? 4 : 2; }

/// Each register is written once, so that every write is on top of what the plan was made for.
std::string action_in_words(const route::WriteRegister& write, const Plan& plan)
{
    const auto was = plan.made_for.routes->value_of(write.target);
    const auto digits = digits_of(write.target);
    return format("{} 0x{:0{}x} -> 0x{:0{}x} ({})", chips::data_sheet_name(write.target), was, digits,
                  (was & ~write.mask) | write.value, digits, bits_in(write.mask));
}

std::string expectation_in_words(const route::WriteRegister& write)
{
    const auto digits = digits_of(write.target);
    return format("{} bits 0x{:0{}x} read back as 0x{:0{}x}", chips::data_sheet_name(write.target),
                  write.mask, digits, write.value, digits);
}

template <class Attaching>
    requires requires(const Attaching& action) { attach::expectation_of(action); }
std::string action_in_words(const Attaching& action, const Plan& /*plan*/)
{
    return attach::in_words(action);
}

template <class Attaching>
    requires requires(const Attaching& action) { attach::expectation_of(action); }
std::string expectation_in_words(const Attaching& action)
{
    return attach::expectation_of(action);
}

/// Of a handover, which has a view of its own.
template <class Binding>
    requires requires(const Binding& binding) { assign::shell_line(binding); }
std::string action_in_words(const Binding& binding, const Plan& /*plan*/)
{
    return plan::shell_line(binding);
}

template <class Binding>
    requires requires(const Binding& binding) { assign::shell_line(binding); }
std::string expectation_in_words(const Binding& /*binding*/)
{
    return {};
}

void add_steps(PlanView& view, const Plan& plan)
{
    for (const auto& step : plan.steps) {
        view.steps.push_back(
            {.action = std::visit([&](const auto& one) { return action_in_words(one, plan); }, step.action),
             .reason = step.reason,
             .setpci = plan::shell_line(step.action)});
        view.expectations.push_back(
            std::visit([](const auto& one) { return expectation_in_words(one); }, step.action));
    }
    for (const auto& step : plan.steps | std::views::reverse)
        if (step.inverse) view.undo.push_back(plan::shell_line(*step.inverse));
}

PlanView::MoveView move_view(const plan::Movement& movement, const topology::Snapshot& snapshot)
{
    PlanView::MoveView view{.connector = movement.connector.text(),
                            .from = std::string(topology::text_of(movement.from)),
                            .to = std::string(topology::text_of(movement.to)),
                            .owner_before = plan::text_of(movement.owner_before),
                            .owner_after = plan::text_of(movement.owner_after),
                            .devices = {},
                            .superspeed = movement.superspeed};
    for (const auto& path : movement.leaving) {
        const auto* device = snapshot.device_at(path);
        view.devices.push_back(device == nullptr ? path.text()
                                                 : format("{} {}", path.text(), device->shown()));
    }
    return view;
}

} // namespace

PlanView plan_view(const Plan& plan, const topology::Snapshot& snapshot)
{
    PlanView view;
    view.title = plan.title;
    view.kind = plan.change.kind;
    if (plan.lasting) view.rule = rule_view(*plan.lasting);
    if (plan.profile) view.profile = plan.profile->text();
    if (plan.made_for.routes) view.controller = plan.change.controller.text();
    add_steps(view, plan);
    for (const auto& movement : plan.movements) view.moves.push_back(move_view(movement, snapshot));
    for (const auto& name : plan.already) view.already.push_back(name.text());
    view.warnings = plan.warnings;
    return view;
}

} // namespace usbroute::report
