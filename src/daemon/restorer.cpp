// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/restorer.hpp"

#include "base/format.hpp"
#include "daemon/going_back.hpp"
#include "daemon/log.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::daemon {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_writes = 3;
constexpr std::chrono::milliseconds remembered_for = 60s;
/// Less may come from reading two clocks one after the other.
constexpr std::chrono::milliseconds shortest_sleep = 100ms;

bool is_unseen_yet(const std::vector<StillOut>& rest)
{
    return std::ranges::any_of(rest, [](const StillOut& out) {
        const auto* refusal = std::get_if<plan::Refusal>(&out.why);
        return refusal != nullptr && refusal->reason == plan::Reason::not_seen_yet;
    });
}

} // namespace

void Restorer::look_again(const Moment& moment)
{
    if (is_restoring_) return;
    if (!machine_.is_astray()) return complaint_.clear();
    if (machine_.settings().on_drift == config::OnDrift::report) return;
    const auto unseen_for = settling_.left(*machine_.snapshot(), moment.now);
    const plan::Request request{.wish = plan::RestoreRequest{}, .unseen_may_type = unseen_for > 0ms};
    if (!may_write(moment) && would_write(request))
        return complain(format(
            "the wires would have to be moved back for the {}th time within a minute; they stay where somebody else has moved them; on_drift = \"report\" in [routes] makes usbrouted leave them alone",
            most_writes + 1));
    if (machine_.awaits_claims(request)) return; // called again when there is an answer
    is_restoring_ = true;
    go_back(machine_, request, {.who = "on_drift", .trial = {}},
            [this, at = moment.now, unseen_for, before = machine_.snapshot()](WentBack gone) {
                is_restoring_ = false;
                restored(at, unseen_for, before, std::move(gone));
            });
}

void Restorer::restored(std::chrono::milliseconds at, std::chrono::milliseconds unseen_for,
                        const std::shared_ptr<const topology::Snapshot>& before, WentBack gone)
{
    if (!gone) {
        if (is_locked_out(gone.error())) return; // a look comes when the lock may be free
        // A write that failed counts as one: it may fail for ever. A refusal has touched nothing.
        if (std::holds_alternative<Error>(gone.error())) written_.push_back(at);
        return complain(format("cannot restore the routes: {}", in_words(gone.error())));
    }
    if (gone->rest.empty())
        complaint_.clear();
    else if (is_unseen_yet(gone->rest))
        wake_(unseen_for);
    else
        complain(format("not all routes can be restored: {}", in_words(gone->rest)), reasons_of(gone->rest));
    const bool has_written =
        std::ranges::any_of(gone->done, [](const Done& done) { return done.plan->changes_something(); });
    if (has_written || gone->has_failed()) written_.push_back(at);
    tell_of(std::move(gone->done), "on_drift", before, tell_);
    settling_.moved_by_us(*machine_.snapshot());
}

/// What is guarded stays without a write, however often it is looked at.
bool Restorer::would_write(const plan::Request& request) const
{
    const auto outcome = machine_.decide(request);
    const auto* plan = std::get_if<plan::Plan>(&outcome);
    return plan != nullptr && plan->changes_something();
}

bool Restorer::may_write(const Moment& moment)
{
    // Firmware and kernel move the wires once at each resume, no matter who else does.
    if (moment.asleep - asleep_ > shortest_sleep) written_.clear();
    asleep_ = moment.asleep;
    std::erase_if(written_, [&](const auto& at) { return moment.now - at >= remembered_for; });
    return written_.size() < most_writes;
}

void Restorer::complain(const std::string& why, const std::string& reasons)
{
    const auto& key = reasons.empty() ? why : reasons;
    if (std::exchange(complaint_, key) != key) log::warning(why);
}

} // namespace usbroute::daemon
