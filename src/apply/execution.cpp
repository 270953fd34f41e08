// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/execution.hpp"

#include "base/check.hpp"
#include "base/format.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace usbroute::apply {

using plan::Plan;
using plan::Reading;
using plan::Step;

namespace {

/// A later step can disturb what an earlier one did; each was right when it was read back.
std::optional<Error> missed_expectation(const Plan& plan, const Reading& now)
{
    if (std::ranges::all_of(plan.expected, [&](const auto& placed) { return plan::is_at(placed, now); }))
        return std::nullopt;
    const auto undone =
        std::ranges::find_if(plan.steps, [&](const Step& step) { return !plan::is_done(step.action, now); });
    return Error(ErrorKind::failed, undone == plan.steps.end() ? std::string("it is not as it should be")
                                                               : plan::why_undone(undone->action, now))
        .with_code("write-did-not-take");
}

} // namespace

Execution::Execution(const Plan& plan, Backend& backend, Journal& journal, const Signature& signature)
    : plan_(plan), backend_(backend), journal_(journal), signature_(signature)
{}

void Execution::begin(Finished finished)
{
    finished_ = std::move(finished);
    backend_.look([this](Result<Reading> seen) { first_seen(std::move(seen)); });
}

void Execution::first_seen(Result<Reading> seen)
{
    if (!seen) return finish(std::unexpected(std::move(seen.error()).within("cannot " + plan_.title)));
    if (*seen != plan_.made_for)
        return finish(std::unexpected(
            Error(ErrorKind::failed,
                  format("cannot {}: the machine has changed since it was planned; nothing was touched",
                         plan_.title))
                .with_code(std::string(code_of_a_stale_plan))));
    applied_.after = *seen;
    if (!plan_.changes_something()) return finish(std::move(applied_));
    // What is done for whom a socket is for already changes nothing that is written down.
    if (plan_.change.is_empty()) return act();
    if (auto begun = journal_.begin(plan_.change, signature_); !begun) note_unwritten(begun.error());
    act();
}

void Execution::act()
{
    if (step_ < plan_.steps.size())
        return backend_.act(plan_.steps[step_].action,
                            [this](Result<Reading> seen) { acted(std::move(seen)); });
    if (auto missed = missed_expectation(plan_, applied_.after)) return take_back(std::move(*missed));
    if (!plan_.change.is_empty())
        if (auto ended = journal_.end(Ending::done); !ended && applied_.warnings.empty())
            note_unwritten(ended.error());
    finish(std::move(applied_));
}

void Execution::acted(Result<Reading> seen)
{
    if (!seen) return take_back(std::move(seen.error()));
    applied_.after = *seen;
    ++step_;
    act();
}

/// Takes back everything that has reached the machine, last step first. A step that failed may have reached it too. One
/// that hangs is left alone: whatever else is asked of the same thing would hang, too.
void Execution::take_back(Error cause)
{
    if (cause.kind() == ErrorKind::timed_out) hangs_ = step_;
    cause_ = std::move(cause).within("cannot " + plan_.title);
    step_ = plan_.steps.size();
    take_back_next();
}

bool Execution::is_to_be_taken_back(std::size_t step) const
{
    return plan_.steps[step].inverse && hangs_ != step;
}

void Execution::take_back_next()
{
    while (step_ > 0 && !is_to_be_taken_back(step_ - 1)) --step_;
    if (step_ == 0) return backend_.look([this](const Result<Reading>& seen) { took_back(seen); });
    --step_;
    backend_.look([this](const Result<Reading>& seen) {
        const auto& inverse = *plan_.steps[step_].inverse;
        if (!seen || plan::is_done(inverse, *seen)) return take_back_next();
        // The look at the end shows whether it worked, not the step itself.
        backend_.act(inverse, [this](const Result<Reading>&) { take_back_next(); });
    });
}

/// The commands with which a person can put back what is not back yet. Empty: everything is back.
std::string Execution::recovery_lines(const Result<Reading>& seen) const
{
    std::string lines;
    for (std::size_t i = plan_.steps.size(); i-- > 0;) {
        if (!is_to_be_taken_back(i)) continue;
        const auto& inverse = *plan_.steps[i].inverse;
        if (!seen || !plan::is_done(inverse, *seen))
            lines += (lines.empty() ? "" : " && ") + plan::shell_line(inverse);
    }
    return lines;
}

void Execution::took_back(const Result<Reading>& seen)
{
    const auto lines = recovery_lines(seen);
    const bool is_back = lines.empty() && !hangs_;
    // The journal only helps later: if it fails now, that does not change what has to be reported.
    if (!plan_.change.is_empty()) (void)journal_.end(is_back ? Ending::undone : Ending::half_way);
    if (!lines.empty())
        return finish(
            std::unexpected(Error(ErrorKind::half_way,
                                  format("{}; the change could not be taken back; to recover, as root: {}",
                                         cause_->message(), lines))
                                .with_code("half-way")));
    const bool is_a_guests = hangs_ && std::holds_alternative<assign::TakeOut>(plan_.steps[*hangs_].action);
    if (hangs_)
        return finish(std::unexpected(
            Error(ErrorKind::timed_out,
                  format("{}; {}{}", cause_->message(), plan::what_it_waits_for(plan_.steps[*hangs_].action),
                         *hangs_ == 0 ? "" : "; everything else is as before"))
                .with_code(is_a_guests ? cause_->code() : std::string(hanging_step_code))));
    finish(std::unexpected(
        Error(cause_->kind(), cause_->message() + "; the machine is as before").with_code(cause_->code())));
}

void Execution::note_unwritten(const Error& error)
{
    applied_.warnings.push_back("the journal could not be written, so undo may not know about this change: " +
                                error.message());
}

void Execution::finish(Result<Applied> applied)
{
    const auto finished = std::move(finished_);
    finished(std::move(applied));
}

Result<Applied> execute(const Plan& plan, Backend& backend, Journal& journal, const Signature& signature)
{
    std::optional<Result<Applied>> done;
    Execution execution(plan, backend, journal, signature);
    execution.begin([&](Result<Applied> applied) { done = std::move(applied); });
    USBROUTE_CHECK(done.has_value());
    return std::move(*done);
}

} // namespace usbroute::apply
