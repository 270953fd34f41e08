// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/going_back.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <ranges>

namespace usbroute::daemon {

namespace {

/// It goes into one line of the log and of the protocol.
constexpr std::ptrdiff_t most_in_words = 4;
constexpr std::chrono::seconds first_wait{1};
constexpr std::chrono::seconds longest_wait{60};

bool is_failure(const NotDone& why) { return std::holds_alternative<Error>(why); }

void add_staying(GoneBack& gone, const plan::Plan& plan)
{
    for (const auto& stay : plan.staying) gone.rest.push_back({.connector = stay.connector, .why = stay.why});
}

bool switches_superspeed(const plan::Change& change)
{
    return std::ranges::any_of(change.shifts, [](const plan::Shift& shift) {
        return std::holds_alternative<chips::SuperSpeedPort>(shift.key);
    });
}

/// One socket. Where its SuperSpeed half does not take what is written, its wires go without: a keyboard needs no more.
void go_back_alone(Machine& machine, plan::Request wish, const apply::Signature& signature, GoneBack& gone)
{
    auto done = machine.carry_out(wish, signature);
    if (!done) {
        gone.rest.push_back({.connector = wish.only.front(), .why = done.error()});
        if (!is_failure(done.error())) return;
        wish.wires_alone = true;
        done = machine.carry_out(wish, signature);
        if (!done) return;
    } else {
        add_staying(gone, *done->plan);
    }
    if (!done->plan->steps.empty()) gone.done.push_back(std::move(*done));
}

} // namespace

bool GoneBack::has_failed() const
{
    return std::ranges::any_of(rest, [](const StillOut& out) { return is_failure(out.why); });
}

std::expected<GoneBack, NotDone> go_back(Machine& machine, const plan::Request& wish,
                                         const apply::Signature& signature)
{
    GoneBack gone;
    auto all = machine.carry_out(wish, signature);
    if (all) {
        add_staying(gone, *all->plan);
        gone.done.push_back(std::move(*all));
        return gone;
    }
    if (!is_failure(all.error()) || is_locked_out(all.error()))
        return std::unexpected(std::move(all.error()));

    // Planned again: after a failed write nothing is taken for known.
    const auto outcome = machine.decide(wish);
    const auto* plan = std::get_if<plan::Plan>(&outcome);
    if (plan == nullptr || plan->in_order.empty()) return std::unexpected(std::move(all.error()));
    if (plan->in_order.size() == 1 && !switches_superspeed(plan->change)) {
        gone.rest.push_back({.connector = plan->in_order.front(), .why = std::move(all.error())});
    } else {
        for (const auto& connector : plan->in_order) {
            auto alone = wish;
            alone.only = {connector};
            go_back_alone(machine, std::move(alone), signature, gone);
        }
    }
    add_staying(gone, *plan);
    return gone;
}

std::string in_words(const NotDone& why)
{
    if (const auto* refusal = std::get_if<plan::Refusal>(&why)) return plan::text_of(*refusal);
    return std::get<Error>(why).message();
}

std::string in_words(const std::vector<StillOut>& rest)
{
    std::string words;
    for (const auto& out : rest | std::views::take(most_in_words))
        words += format("{}{} stays: {}", words.empty() ? "" : "; ", out.connector.text(), in_words(out.why));
    if (std::ssize(rest) > most_in_words) words += format("; and {} more", std::ssize(rest) - most_in_words);
    return words;
}

std::string reasons_of(const std::vector<StillOut>& rest)
{
    std::string reasons;
    for (const auto& out : rest) {
        const auto* refusal = std::get_if<plan::Refusal>(&out.why);
        reasons +=
            format("{} {}; ", out.connector.text(),
                   refusal != nullptr ? std::string(plan::code_of(refusal->reason)) : in_words(out.why));
    }
    return reasons;
}

std::chrono::seconds Patience::longer()
{
    wait_ = is_tried() ? std::min(wait_ * 2, longest_wait) : first_wait;
    return wait_;
}

} // namespace usbroute::daemon
