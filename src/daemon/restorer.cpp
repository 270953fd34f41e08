// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/restorer.hpp"

#include "base/format.hpp"
#include "daemon/log.hpp"

namespace usbroute::daemon {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_writes = 3;
constexpr std::chrono::milliseconds remembered_for = 60s;
/// Less may come from reading two clocks one after the other.
constexpr std::chrono::milliseconds shortest_sleep = 100ms;

std::string in_words(const NotDone& not_done)
{
    if (const auto* refusal = std::get_if<plan::Refusal>(&not_done)) return plan::text_of(*refusal);
    return std::get<Error>(not_done).message();
}

} // namespace

void Restorer::look_again(const Moment& moment)
{
    if (!machine_.is_astray()) return complaint_.clear();
    if (machine_.settings().on_drift == config::OnDrift::report) return;
    if (!may_write(moment))
        return complain(
            format("the wires would have to be moved back for the {}th time within a minute; they are left "
                   "where somebody else has moved them. on_drift = \"report\" in [routes] ends this",
                   most_writes + 1));
    const plan::Request request{.wish = plan::RestoreRequest{}};
    if (machine_.awaits_claims(request)) return; // called again when there is an answer
    const auto done = machine_.carry_out(request, {.who = "on_drift", .trial = {}});
    if (!done) {
        if (is_locked_out(done.error())) return; // a look comes when the lock may be free
        // A write that failed counts as one: it may fail for ever. A refusal has touched nothing.
        if (std::holds_alternative<Error>(done.error())) written_.push_back(moment.now);
        return complain(format("cannot restore the routes: {}", in_words(done.error())));
    }
    complaint_.clear();
    if (done->plan->steps.empty()) return;
    written_.push_back(moment.now);
    tell_(*done);
}

bool Restorer::may_write(const Moment& moment)
{
    // Firmware and kernel move the wires once at each resume, whoever else does or does not.
    if (moment.asleep - asleep_ > shortest_sleep) written_.clear();
    asleep_ = moment.asleep;
    std::erase_if(written_, [&](const auto& at) { return moment.now - at >= remembered_for; });
    return written_.size() < most_writes;
}

void Restorer::complain(const std::string& why)
{
    if (std::exchange(complaint_, why) != why) log::warning(why);
}

} // namespace usbroute::daemon
