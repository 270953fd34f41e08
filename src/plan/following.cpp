// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/following.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/call_back.hpp"
#include "plan/departure.hpp"
#include "plan/expected.hpp"
#include "plan/giving.hpp"
#include "plan/plugged.hpp"
#include "plan/whole_moves.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace usbroute::plan {

using attach::HostDevice;
using topology::Connector;
using topology::PortPath;

namespace {

/// Nobody types yet on what has no configuration; by its descriptors it would be a keyboard, or it never counts.
bool can_be_typed_on(const topology::Device& device)
{
    return device.is_configured ? std::ranges::any_of(device.interfaces, may_be_an_input)
                                : device.is_keyboard();
}

/// Says what of all that is due must stay with the host.
class Guard {
public:
    Guard(const Situation& situation, const Board& board, const std::vector<attach::Assignment>& assignments,
          Plan& plan)
        : situation_(situation), board_(board), assignments_(assignments), plan_(plan)
    {}

    /// The first of two keyboards stays, so the last is asked first.
    void look_at(const attach::Due& due, attach::Remembered& remembered)
    {
        for (const auto& action : std::views::reverse(due.actions)) {
            const auto going = leaving(action);
            if (!going) continue;
            auto why = why_not(*going);
            if (!why) {
                going_.push_back({.from = {}, .places = {going->device.path}});
                continue;
            }
            remembered.stay.insert(going->device);
            plan_.kept.push_back({.device = going->device, .why = std::move(*why)});
        }
        std::ranges::reverse(plan_.kept);
    }

private:
    /// What the host loses by an action, and to whom.
    struct Going {
        HostDevice device;
        std::optional<GuestName> guest; ///< nothing: to nobody
    };
    static std::optional<Going> leaving(const attach::Action& action)
    {
        if (const auto* give = std::get_if<attach::Give>(&action))
            return Going{.device = give->device, .guest = give->guest};
        if (const auto* park = std::get_if<attach::Park>(&action))
            return Going{.device = park->device, .guest = std::nullopt};
        return std::nullopt;
    }

    [[nodiscard]] const Connector& connector_at(const PortPath& path) const
    {
        return *board_.find(attach::assignment_of(assignments_, path)->connector);
    }

    [[nodiscard]] std::optional<Refusal> why_not(const Going& going)
    {
        const auto* device = situation_.snapshot.device_at(going.device.path);
        if (device == nullptr) return std::nullopt;
        const auto& connector = connector_at(going.device.path);
        if (!is_expected(situation_.snapshot, connector, *device)) return not_expected(connector, *device);
        if (can_be_typed_on(*device)) plan_.use_needed.inputs = true;
        if (auto why = why_not_as_a_disk(going, connector)) return why;
        return why_not_as_a_keyboard(going, *device, connector);
    }

    [[nodiscard]] std::optional<Refusal> why_not_as_a_disk(const Going& going, const Connector& connector)
    {
        const auto is_here = [&](const PortPath& usb) { return going.device.path.contains(usb); };
        plan_.use_needed.disks =
            plan_.use_needed.disks || std::ranges::any_of(situation_.snapshot.blocks, [&](const auto& block) {
                return block.usb && is_here(*block.usb);
            });
        for (const auto& disk : topology::disks_in_use(situation_.snapshot, situation_.use))
            if (is_here(disk.usb))
                return Refusal{Reason::disk_in_use, connector.spec.name.text(),
                               format("disk {} stays with the host, which uses it: {}",
                                      printable(disk.disk, 32), printable(join(disk.chain, " > "), 256)),
                               "unmount it, and then move the socket or plug the disk in again"};
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Refusal>
    why_not_as_a_keyboard(const Going& going, const topology::Device& device, const Connector& connector)
    {
        auto departures = going_;
        departures.push_back({.from = connector.spec.name.text(), .places = {going.device.path}});
        const auto loss = keyboard_loss(situation_.snapshot, situation_.use, departures);
        if (!loss.staying.empty()) return std::nullopt;
        const bool would_be_one = !device.is_configured && device.is_keyboard();
        const bool is_one = std::ranges::any_of(loss.going, [&](const topology::Keyboard& keyboard) {
            return std::ranges::any_of(
                keyboard.places, [&](const PortPath& place) { return going.device.path.contains(place); });
        });
        if ((!would_be_one && !is_one) || may_go(going, connector)) return std::nullopt;
        return Refusal{
            Reason::last_keyboard, connector.spec.name.text(),
            format("{} stays with the host, which has no other keyboard", device.shown()),
            format("it goes when another one is plugged in, or when somebody says yes to moving {}",
                   connector.spec.name.text())};
    }

    /// Somebody has said so, or can bring it back. That the socket is on trial is not enough: whoever began the trial may not have
    /// the right to say yes.
    [[nodiscard]] bool may_go(const Going& going, const Connector& connector)
    {
        const auto& spec = connector.spec;
        const auto* shift = situation_.standing ? situation_.standing->main_shift(spec) : nullptr;
        if (shift != nullptr && shift->keyboard_may_go) return true;
        const auto* guest = going.guest ? situation_.settings.guest(*going.guest) : nullptr;
        if (guest != nullptr && guest->may_take_last_keyboard) return true;
        return std::ranges::any_of(situation_.lines, [&](const config::ListenerSettings& line) {
            if (!going.guest || line.guest != *going.guest) return false;
            const auto found = can_call_back(situation_, line, spec.name);
            plan_.use_needed.disks = plan_.use_needed.disks || found.use_needed.disks;
            plan_.use_needed.inputs = plan_.use_needed.inputs || found.use_needed.inputs;
            return found.is_possible;
        });
    }

    const Situation& situation_;
    const Board& board_;
    const std::vector<attach::Assignment>& assignments_;
    Plan& plan_;
    std::vector<Departure> going_;
};

bool is_left(const FollowRequest& request, const PortPath& place)
{
    return std::ranges::find(request.leave, place) != request.leave.end();
}

} // namespace

Plan make_following_plan(const Situation& situation, const Board& board, const FollowRequest& request)
{
    if (request.as_if_guests_run) {
        auto imagined = situation;
        imagined.attached = as_if_guests_run(std::move(imagined.attached));
        // Of whole controllers nothing is imagined: a guest's machine has to be asked about them.
        imagined.controllers = nullptr;
        return make_following_plan(imagined, board, FollowRequest{.leave = request.leave});
    }
    auto plan = follow_controllers(situation, board, request);
    if (!plan.steps.empty()) return plan;
    plan.title = text_of(Wish(request));
    plan.change.title = plan.title;
    const auto assignments = assignments_after(plan, situation, board);
    auto seen = seen_for(situation);
    auto remembered = situation.of_devices;
    auto due = attach::due(assignments, seen, remembered);
    Guard(situation, board, assignments, plan).look_at(due, remembered);
    if (!plan.kept.empty()) due = attach::due(assignments, seen, remembered);
    for (const auto& action : due.actions)
        if (std::holds_alternative<attach::Give>(action)) plan.to_be_given.push_back(place_of(action));
    const auto first = std::ranges::find_if(
        due.actions, [&](const attach::Action& action) { return !is_left(request, place_of(action)); });
    if (first != due.actions.end())
        for (const auto& action : due.actions) {
            const auto is_here = [here = place_of(*first)](const PortPath& place) { return place == here; };
            if (is_here(place_of(action)) || brings_a_port(action, due.actions, is_here))
                plan.steps.push_back(step_for(action, seen, situation));
        }
    plan.waiting = std::move(due.waiting);
    plan.made_for.devices = std::move(seen);
    return plan;
}

} // namespace usbroute::plan
