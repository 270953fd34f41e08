// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/verify.hpp"

#include "attach/seen.hpp"
#include "base/format.hpp"
#include "plan/board.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace usbroute::apply {

using topology::Device;
using topology::Side;

namespace {

bool same_device(const Device& a, const Device& b)
{
    return a.vendor == b.vendor && a.product == b.product && a.serial == b.serial;
}

/// The first device that left: a hub stands for what is behind it.
const Device* first_that_left(const plan::Movement& movement, const topology::Snapshot& before)
{
    return movement.leaving.empty() ? nullptr : before.device_at(movement.leaving.front());
}

/// Of a socket that no mux reaches: who has its first device, by the drivers of its interfaces.
std::pair<Verdict, std::string> judge_given(const plan::Movement& movement, const topology::Snapshot& before,
                                            const topology::Snapshot& now)
{
    const Device* device = nullptr;
    for (const auto& path : movement.leaving)
        if (const auto* one = before.device_at(path); device == nullptr && one != nullptr && !one->is_hub())
            device = one;
    if (device == nullptr) return {Verdict::consistent, "nothing was plugged in"};
    const auto* still = now.device_at(device->path);
    if (still == nullptr || !same_device(*device, *still))
        return {Verdict::unknown, format("{} has left {}", device->shown(), device->path.text())};
    const auto seen = attach::seen(*still);
    const auto owner = plan::text_of(movement.owner_after);
    if (plan::is_host(movement.owner_after))
        return seen.with_host > 0
                   ? std::pair(Verdict::confirmed, format("{} is with the host", device->shown()))
                   : std::pair(Verdict::unknown, format("no driver of the host has {} yet", device->shown()));
    if (seen.with_host > 0) return {Verdict::unknown, format("{} is still with the host", device->shown())};
    if (seen.with_program > 0) return {Verdict::confirmed, format("{} has {}", owner, device->shown())};
    return {Verdict::consistent, format("the host has let go of {}", device->shown())};
}

/// Of a socket in which nothing was seen before: nothing was plugged in, or nobody here could see it.
Judgement judge_unseen(Judgement judgement, const plan::Movement& movement,
                       const topology::Connector& connector, const topology::Snapshot& now)
{
    for (const auto* found : topology::devices_in(now, connector))
        if (!found->is_hub()) {
            judgement.verdict = Verdict::confirmed;
            judgement.text = format("{} is at {} now", found->shown(), found->path.text());
            return judgement;
        }
    judgement.may_still_come = plan::is_host(movement.owner_after) && !plan::is_host(movement.owner_before);
    judgement.verdict = Verdict::consistent;
    judgement.text = judgement.may_still_come ? "nothing was found in it" : "nothing was plugged in";
    return judgement;
}

/// Of a socket that has gone to a guest with its whole controller: what was in it has left the host with that.
std::pair<Verdict, std::string> judge_whole(const plan::Movement& movement, const topology::Snapshot& before,
                                            const topology::Snapshot& now)
{
    const auto* device = first_that_left(movement, before);
    if (device == nullptr) return {Verdict::consistent, "nothing was plugged in"};
    const auto* still = now.device_at(device->path);
    if (still != nullptr && same_device(*device, *still))
        return {Verdict::unknown, format("{} is still at {}", device->shown(), device->path.text())};
    return {Verdict::consistent,
            format("{} has left for {}", device->shown(), plan::text_of(movement.owner_after))};
}

Judgement judge_one(const plan::Movement& movement, const plan::Board& board,
                    const topology::Snapshot& before, const topology::Snapshot& now)
{
    Judgement judgement{.connector = movement.connector, .verdict = Verdict::unknown, .text = {}};
    const auto say = [&](Verdict verdict, std::string text) {
        judgement.verdict = verdict;
        judgement.text = std::move(text);
        return judgement;
    };
    const auto* connector = board.find(movement.connector);
    const auto means = connector == nullptr ? plan::Means::none : plan::means_of(*connector);
    if (means == plan::Means::assign && plan::is_host(movement.owner_after))
        return judge_unseen(std::move(judgement), movement, *connector, now);
    if (means == plan::Means::attach || means == plan::Means::assign) {
        const auto [verdict, text] = means == plan::Means::attach ? judge_given(movement, before, now)
                                                                  : judge_whole(movement, before, now);
        return say(verdict, text);
    }
    if (connector == nullptr || !connector->at) return say(Verdict::unknown, "its route cannot be read");
    if (*connector->at != movement.to)
        return say(Verdict::contradicted,
                   format("its wires are at {} again", topology::text_of(*connector->at)));
    const auto* device = first_that_left(movement, before);
    if (device == nullptr) return judge_unseen(std::move(judgement), movement, *connector, now);

    const auto* still = now.device_at(device->path);
    if (movement.from != movement.to && still != nullptr && same_device(*device, *still))
        return say(Verdict::contradicted, format("{} is still at {}", device->shown(), device->path.text()));
    for (const auto* arrived : topology::devices_in(now, *connector))
        if (same_device(*device, *arrived))
            return say(Verdict::confirmed, format("{} is at {} now", device->shown(), arrived->path.text()));
    if (!plan::is_host(movement.owner_after))
        return say(Verdict::consistent,
                   format("{} has left for {}", device->shown(), plan::text_of(movement.owner_after)));
    return say(Verdict::unknown,
               format("{} has left {} and was not seen again", device->shown(), device->path.text()));
}

} // namespace

std::string_view text_of(Verdict verdict)
{
    switch (verdict) {
    case Verdict::confirmed: return "confirmed";
    case Verdict::consistent: return "consistent";
    case Verdict::contradicted: return "contradicted";
    case Verdict::unknown: return "unknown";
    }
    return "unknown";
}

std::vector<Judgement> judge(const plan::Plan& plan, const topology::Snapshot& before,
                             const topology::Snapshot& now, const config::Settings& settings)
{
    const auto board = plan::look_at_board(now, settings);
    std::vector<Judgement> judgements;
    for (const auto& movement : plan.movements) judgements.push_back(judge_one(movement, board, before, now));
    return judgements;
}

} // namespace usbroute::apply
