// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/answers.hpp"

#include "base/groups.hpp"
#include "plan/plan.hpp"

namespace usbroute::report {

using wire::Answer;
using wire::Status;

namespace {

/// `refused` is for what was understood and must not be; a wrong name is the caller's error.
Status status_for(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::refused:
    case ErrorKind::not_permitted: return Status::refused;
    case ErrorKind::usage:
    case ErrorKind::not_found: return Status::error;
    case ErrorKind::failed:
    case ErrorKind::unreachable:
    case ErrorKind::timed_out:
    case ErrorKind::half_way: break;
    }
    return Status::failed;
}

} // namespace

Answer answer_for(const apply::Done& done)
{
    Answer answer;
    const auto& plan = *done.plan;
    if (plan.profile) answer.profile = plan.profile->text();
    for (const auto& [connector, target] : plan.asked)
        group_with(answer.owners, config::text_of(target)).push_back(connector.text());
    // An undo names nothing: what moved says it.
    if (plan.asked.empty() && !plan.profile)
        for (const auto& movement : plan.movements)
            group_with(answer.owners, plan::text_of(movement.owner_after))
                .push_back(movement.connector.text());
    if (!plan.changes_something()) answer.message = "nothing to do";
    answer.warnings = done.warnings;
    return answer;
}

Answer answer_for(const apply::NotDone& why)
{
    if (const auto* refusal = std::get_if<plan::Refusal>(&why))
        return {.status = status_for(plan::kind_of(refusal->reason)),
                .code = std::string(plan::code_of(refusal->reason)),
                .message = plan::text_of(*refusal)};
    const auto& error = std::get<Error>(why);
    return {.status = apply::is_locked_out(why) ? Status::error : Status::failed,
            .code = error.code().empty() ? "failed" : error.code(),
            .message = error.message()};
}

std::vector<PastChange> past_changes(const apply::History& history)
{
    std::vector<PastChange> past;
    past.reserve(history.done.size());
    for (const auto& entry : history.done)
        past.push_back({.change = entry.change, .when = entry.stamp.when, .who = entry.stamp.who});
    return past;
}

} // namespace usbroute::report
