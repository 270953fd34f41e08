// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/call_back.hpp"

#include "plan/departure.hpp"
#include "plan/policy.hpp"
#include "plan/rights.hpp"

#include <algorithm>

namespace usbroute::plan {

using config::ListenerSettings;
using config::Verb;
using topology::PortPath;
using topology::Snapshot;

namespace {

/// `undo` is none of them: it takes back whatever was changed last, and the next change of anybody ends that.
std::vector<Deed> deeds_to_try(const config::Settings& settings, const ConnectorName& connector)
{
    std::vector<Deed> deeds;
    const auto add = [&](Verb verb, Wish wish) {
        deeds.push_back({.verb = verb, .request = Request{.wish = std::move(wish)}});
    };
    add(Verb::move, MoveRequest{.connectors = {connector}, .to = config::ToHost{}});
    add(Verb::toggle, ToggleRequest{});
    const auto round = settings.toggle_order();
    for (const auto& profile : round) add(Verb::toggle, ToggleRequest{.profiles = {profile}});
    for (const auto& profile : round) add(Verb::apply, ApplyRequest{.profile = profile});
    return deeds;
}

/// A toggle to one profile by name also takes turns with a profile that nobody wrote: everything to the host. That is an
/// accident of how a toggle is said, and no way home that anybody set up.
bool is_what_was_named(const Request& request, const Plan& plan)
{
    const auto* toggle = std::get_if<ToggleRequest>(&request.wish);
    return toggle == nullptr || toggle->profiles.empty() || plan.profile == toggle->profiles.front();
}

bool brings_home(const Plan& plan, const ConnectorName& connector)
{
    return std::ranges::any_of(plan.movements, [&](const Movement& movement) {
        return movement.connector == connector && is_host(movement.owner_after) &&
               !is_host(movement.owner_before);
    });
}

topology::UseParts both(const topology::UseParts& a, const topology::UseParts& b)
{
    auto parts = a;
    parts.disks = a.disks || b.disks;
    parts.inputs = a.inputs || b.inputs;
    return parts;
}

bool is_leaving(const Plan& plan, const std::optional<PortPath>& path)
{
    return path && std::ranges::any_of(plan.movements, [&](const Movement& movement) {
               return std::ranges::find(movement.leaving, *path) != movement.leaving.end();
           });
}

bool may_hold_a_keyboard(const Situation& situation, const Movement& movement)
{
    return std::ranges::any_of(movement.leaving, [&](const PortPath& path) {
        const auto* device = situation.snapshot.device_at(path);
        return device != nullptr && std::ranges::any_of(device->interfaces, may_be_an_input);
    });
}

} // namespace

CallBack can_call_back(const Situation& situation, const ListenerSettings& line,
                       const ConnectorName& connector)
{
    if (!line.guest) return {};
    // Without lines: whoever calls a keyboard back must not count on being called back from in turn.
    Situation alone = situation;
    alone.lines.clear();
    CallBack found;
    for (auto& deed : deeds_to_try(situation.settings, connector)) {
        if (why_not_allowed(line, situation.settings, deed)) continue;
        auto& request = *deed.request;
        request.may_say_yes = false;
        request.guest = line.guest;
        const auto outcome = make_plan(alone, request);
        if (std::holds_alternative<Refusal>(outcome)) {
            // Looked at closely it may be another answer.
            found.use_needed = both(found.use_needed, use_needed(outcome));
            continue;
        }
        const auto& plan = std::get<Plan>(outcome);
        if (!is_what_was_named(request, plan) || !brings_home(plan, connector)) continue;
        return {.is_possible = true, .use_needed = both({}, plan.use_needed)};
    }
    return found;
}

Snapshot snapshot_after(const Snapshot& before, const Plan& plan)
{
    auto after = before;
    const auto& mux = plan.change.controller;
    if (const auto* bits = std::get_if<chips::RouteBits>(&before.registers_of(mux)))
        after.note_registers(mux, route::with(*bits, plan.change.after()));
    after.assigned = assigned_after(std::move(after.assigned), plan.change);
    after.devices.erase_if([&](const auto& device) { return is_leaving(plan, device->path); });
    std::erase_if(after.blocks.edit(), [&](const auto& block) { return is_leaving(plan, block.usb); });
    return after;
}

topology::HostUse use_after(const topology::HostUse& before, const Plan& plan)
{
    auto after = before;
    if (after.inputs)
        std::erase_if(after.inputs->devices, [&](const auto& input) { return is_leaving(plan, input.usb); });
    return after;
}

void mark_what_can_come_back(const Situation& situation, const Resolved& resolved, const Request& request,
                             Plan& plan)
{
    if (situation.lines.empty() || keyboard_may_go(resolved, request)) return;
    std::optional<Snapshot> snapshot;
    topology::HostUse use;
    // As it would be then.
    auto trial = situation.trial;
    if (trial && !plan.stays_out_of_trial)
        trial = trial->followed_by(plan.change).net();
    else if (!trial && request.is_trial())
        trial = plan.change;
    for (auto& movement : plan.movements) {
        const auto* guest = std::get_if<OwnedByGuest>(&movement.owner_after);
        if (guest == nullptr || !may_hold_a_keyboard(situation, movement)) continue;
        for (const auto& line : situation.lines) {
            if (line.guest != guest->guest || movement.can_come_back) continue;
            if (!snapshot) {
                snapshot = snapshot_after(situation.snapshot, plan);
                use = use_after(situation.use, plan);
            }
            const auto found = can_call_back({.snapshot = *snapshot,
                                              .settings = situation.settings,
                                              .use = use,
                                              .last_change = {},
                                              .standing = situation.standing,
                                              .lines = {},
                                              .trial = trial},
                                             line, movement.connector);
            movement.can_come_back = found.is_possible;
            plan.use_needed = both(plan.use_needed, found.use_needed);
        }
    }
}

} // namespace usbroute::plan
