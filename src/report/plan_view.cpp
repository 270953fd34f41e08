// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "report/views.hpp"

#include <ranges>

namespace usbroute::report {

using chips::RouteRegister;
using plan::Plan;
using plan::Step;

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

void add_steps(PlanView& view, const Plan& plan)
{
    auto now = plan.before;
    for (const auto& step : plan.steps) {
        auto& value = step.target == RouteRegister::usb2_owner ? now.usb2_owner : now.superspeed_on;
        const auto before = value;
        value = (value & ~step.mask) | step.value;
        const auto digits = digits_of(step.target);
        view.steps.push_back(
            {.action = format("{} 0x{:0{}x} -> 0x{:0{}x} ({})", chips::data_sheet_name(step.target), before,
                              digits, value, digits, bits_in(step.mask)),
             .reason = step.reason,
             .setpci = plan::setpci_line(plan.controller, step.target, step.mask, step.value)});
    }
    for (const auto& step : plan.steps | std::views::reverse)
        view.undo.push_back(plan::setpci_line(plan.controller, step.target, step.mask,
                                              plan.before.value_of(step.target) & step.mask));
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
    if (plan.profile) view.profile = plan.profile->text();
    view.controller = plan.controller.text();
    add_steps(view, plan);
    for (const auto& movement : plan.movements) view.moves.push_back(move_view(movement, snapshot));
    for (const auto& name : plan.already) view.already.push_back(name.text());
    for (const auto& expected : plan.expectations) {
        const auto digits = digits_of(expected.target);
        view.expectations.push_back(format("{} bits 0x{:0{}x} read back as 0x{:0{}x}",
                                           chips::data_sheet_name(expected.target), expected.mask, digits,
                                           expected.value, digits));
    }
    view.warnings = plan.warnings;
    return view;
}

} // namespace usbroute::report
