// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/verdicts.hpp"

#include <algorithm>
#include <chrono>

namespace usbroute::daemon {

using namespace std::chrono_literals;
using apply::Judgement;
using apply::Verdict;

namespace {

/// A device needs about a second to be found again: debounce and reset of the port (USB 2.0, 7.1.7.3), then its
/// descriptors and its driver. A hub with devices behind it needs longer.
constexpr auto patience = 3000ms;

} // namespace

Verdicts::Verdicts(linux_::Loop& loop, Machine& machine, Speak speak)
    : machine_(machine), speak_(std::move(speak)), timer_(loop.timer([this] { conclude(); }))
{}

void Verdicts::begin(std::shared_ptr<const plan::Plan> plan, std::shared_ptr<const topology::Snapshot> before)
{
    open_ = Case{.plan = std::move(plan), .before = std::move(before)};
    timer_.start(patience);
}

std::vector<Judgement> Verdicts::judge() const
{
    return apply::judge(*open_->plan, *open_->before, *machine_.snapshot(), machine_.settings());
}

void Verdicts::look_again()
{
    if (!open_) return;
    const auto judgements = judge();
    const bool settled = std::ranges::all_of(judgements, [](const Judgement& judgement) {
        return !judgement.may_still_come &&
               (judgement.verdict == Verdict::confirmed || judgement.verdict == Verdict::consistent);
    });
    if (settled) conclude();
}

void Verdicts::conclude()
{
    if (!open_) return;
    timer_.stop();
    const auto judgements = judge();
    open_.reset();
    speak_(judgements);
}

} // namespace usbroute::daemon
