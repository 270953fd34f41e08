// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/first_routes.hpp"

#include "base/format.hpp"
#include "daemon/log.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace usbroute::daemon {

using plan::Reason;

namespace {

constexpr int failures_before_the_routes_are_left = 3;

/// What a later look may find otherwise without anybody having changed his mind: a driver that is loaded late, a guest
/// that is given its controllers by a service that starts after us.
bool may_pass(Reason reason)
{
    constexpr std::array passing = {
        Reason::no_mux,        Reason::registers_unreadable, Reason::nobody_behind_route,
        Reason::no_driver,     Reason::guest_not_given,      Reason::no_such_connector,
        Reason::several_muxes, Reason::not_seen_yet};
    return std::ranges::find(passing, reason) != passing.end();
}

} // namespace

void FirstRoutes::look_again(std::chrono::milliseconds now)
{
    const auto& profile = machine_.settings().at_start;
    if (is_over_ || is_under_way_ || !profile) return;
    machine_.await_start(true);
    const auto unseen_for = settling_.left(*machine_.snapshot(), now);
    const plan::Request request{.wish = plan::StartRequest{*profile},
                                .revert_after = std::chrono::seconds{0},
                                .unseen_may_type = unseen_for > std::chrono::milliseconds{0}};
    if (machine_.awaits_claims(request)) return; // called again when there is an answer
    is_under_way_ = true;
    machine_.carry_out(request, {.who = "at_start", .trial = {}},
                       [this, unseen_for, before = machine_.snapshot()](Carried carried) {
                           is_under_way_ = false;
                           this->carried(unseen_for, before, std::move(carried));
                       });
}

void FirstRoutes::carried(std::chrono::milliseconds unseen_for,
                          const std::shared_ptr<const topology::Snapshot>& before, Carried carried)
{
    if (carried) {
        end();
        if (carried->plan->changes_something())
            tell_({.done = std::move(*carried), .who = "at_start", .before = before});
        return;
    }
    if (is_locked_out(carried.error())) return; // a look comes when the lock may be free
    if (const auto* refusal = std::get_if<plan::Refusal>(&carried.error())) {
        if (refusal->reason == Reason::not_seen_yet) wake_(unseen_for);
        if (!may_pass(refusal->reason)) end();
        return complain(format("profile {} {}: {}",
                               machine_.settings().at_start.value_or(ProfileName()).text(),
                               is_over_ ? "is refused" : "waits", plan::text_of(*refusal)));
    }
    // A write may fail for ever.
    if (++failures_ == failures_before_the_routes_are_left) end();
    complain(std::get<Error>(carried.error()).message());
}

void FirstRoutes::end()
{
    is_over_ = true;
    machine_.await_start(false);
}

void FirstRoutes::complain(const std::string& why)
{
    if (std::exchange(complaint_, why) == why) return;
    const auto text = format("at_start: {}", why);
    if (is_over_)
        log::warning(text + "; it is not tried again");
    else
        log::info(text);
}

} // namespace usbroute::daemon
