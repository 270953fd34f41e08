// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/going_back.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <ranges>
#include <utility>

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

/// A way back under way; kept alive by whatever it waits for.
class WayBack : public std::enable_shared_from_this<WayBack> {
public:
    using Then = std::function<void(WentBack)>;

    WayBack(Machine& machine, plan::Request wish, apply::Signature signature, Then then)
        : machine_(machine), wish_(std::move(wish)), signature_(std::move(signature)), then_(std::move(then))
    {}

    void begin()
    {
        carry_out(wish_, [this](Carried all) { all_carried(std::move(all)); });
    }

private:
    void carry_out(const plan::Request& wish, const std::function<void(Carried)>& then)
    {
        machine_.carry_out(wish, signature_,
                           [self = shared_from_this(), then](Carried carried) { then(std::move(carried)); });
    }

    void all_carried(Carried all)
    {
        if (all) {
            add_staying(gone_, *all->plan);
            gone_.done.push_back(std::move(*all));
            return then_(std::move(gone_));
        }
        if (!is_failure(all.error()) || is_locked_out(all.error()))
            return then_(std::unexpected(std::move(all.error())));
        // Planned again: after a failed write nothing is taken for known.
        const auto outcome = machine_.decide(wish_);
        const auto* plan = std::get_if<plan::Plan>(&outcome);
        if (plan == nullptr || plan->in_order.empty()) return then_(std::unexpected(std::move(all.error())));
        GoneBack staying;
        add_staying(staying, *plan);
        staying_ = std::move(staying.rest);
        if (plan->in_order.size() == 1 && !switches_superspeed(plan->change))
            gone_.rest.push_back({.connector = plan->in_order.front(), .why = std::move(all.error())});
        else
            to_go_.assign(plan->in_order.begin(), plan->in_order.end());
        next();
    }

    void next()
    {
        if (to_go_.empty()) {
            std::ranges::move(staying_, std::back_inserter(gone_.rest));
            return then_(std::move(gone_));
        }
        alone_ = wish_;
        alone_.only = {to_go_.front()};
        to_go_.pop_front();
        carry_out(alone_, [this](Carried one) { one_carried(std::move(one)); });
    }

    /// Where the SuperSpeed half of a socket does not take what is written, its wires go without: a keyboard needs no more.
    void one_carried(Carried one)
    {
        if (one) {
            add_staying(gone_, *one->plan);
            return arrived(std::move(*one));
        }
        const bool has_failed = is_failure(one.error());
        gone_.rest.push_back({.connector = alone_.only.front(), .why = std::move(one.error())});
        if (!has_failed) return next();
        alone_.wires_alone = true;
        carry_out(alone_, [this](Carried wires) {
            if (!wires) return next();
            arrived(std::move(*wires));
        });
    }

    void arrived(Done done)
    {
        if (done.plan->changes_something()) gone_.done.push_back(std::move(done));
        next();
    }

    Machine& machine_;
    plan::Request wish_;
    apply::Signature signature_;
    Then then_;
    GoneBack gone_;
    std::vector<StillOut> staying_; ///< what the plan for all left out
    std::deque<ConnectorName> to_go_;
    plan::Request alone_{.wish = plan::UndoRequest{}}; ///< for the socket that is on its way
};

} // namespace

bool GoneBack::has_failed() const
{
    return std::ranges::any_of(rest, [](const StillOut& out) { return is_failure(out.why); });
}

void go_back(Machine& machine, plan::Request wish, apply::Signature signature,
             std::function<void(WentBack)> then)
{
    std::make_shared<WayBack>(machine, std::move(wish), std::move(signature), std::move(then))->begin();
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
