// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/verify.hpp"

#include "base/format.hpp"
#include "plan/board.hpp"

#include <algorithm>

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
    if (connector == nullptr || !connector->at) return say(Verdict::unknown, "its route cannot be read");
    if (*connector->at != movement.to)
        return say(Verdict::contradicted,
                   format("its wires are at {} again", topology::text_of(*connector->at)));
    const auto* device = first_that_left(movement, before);
    if (device == nullptr) return say(Verdict::consistent, "nothing was plugged in");

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
