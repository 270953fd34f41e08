// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/conductor.hpp"

#include "apply/register_backend.hpp"
#include "base/check.hpp"
#include "base/format.hpp"
#include "route/mux.hpp"
#include "topology/connector.hpp"

#include <algorithm>
#include <variant>

namespace usbroute::apply {

using plan::Outcome;
using plan::Plan;
using plan::Refusal;
using plan::Request;
using plan::RestoreRequest;

namespace {

constexpr int most_attempts = 3;
constexpr std::size_t most_remembered = 8;

bool touches_routes(const plan::Change& change)
{
    return std::ranges::any_of(change.shifts,
                               [](const plan::Shift& shift) { return !topology::is_of_a_place(shift.key); });
}

} // namespace

Result<std::unique_ptr<Backend>> Workplace::backend_for(const plan::Plan& plan)
{
    if (plan.made_for.devices || plan.made_for.bindings)
        return std::unexpected(
            Error(
                ErrorKind::failed,
                "only a running usbrouted gives devices to guests: it keeps the connections to their monitors")
                .with_code("needs-the-daemon"));
    auto opened = registers(plan.change.controller);
    if (!opened) return std::unexpected(std::move(opened.error()));
    return std::make_unique<RegisterBackend>(**opened);
}

bool is_locked_out(const NotDone& why)
{
    const auto* error = std::get_if<Error>(&why);
    return error != nullptr && error->code() == code_of_a_held_lock;
}

Error error_from(NotDone why)
{
    if (const auto* refusal = std::get_if<Refusal>(&why)) return plan::error_from(*refusal);
    return std::get<Error>(std::move(why));
}

Conductor::Past Conductor::past_for(const Request& request) const
{
    Past past;
    if (std::holds_alternative<plan::UndoRequest>(request.wish) ||
        std::holds_alternative<RestoreRequest>(request.wish) ||
        std::holds_alternative<plan::FollowRequest>(request.wish) ||
        std::holds_alternative<plan::StartRequest>(request.wish)) {
        auto history = journal_.history();
        if (!history.undoable.empty()) past.last = history.undoable.back();
        past.standing = std::move(history.standing);
    }
    // What a trial could not take back yet goes back, and is not brought to where the trial had put it.
    if (std::holds_alternative<RestoreRequest>(request.wish) && past.standing && trial_ && trial_->is_ending)
        past.standing = past.standing->without(trial_->way);
    if (lines_) past.lines = lines_();
    if (trial_) past.trial = trial_->way;
    return past;
}

Outcome Conductor::outcome_of(const Request& request, const Past& past, const CloserLook& closer) const
{
    const auto known = workplace_.known();
    plan::Situation situation{closer.snapshot ? *closer.snapshot : known.snapshot,
                              known.settings,
                              closer.use,
                              past.last,
                              past.standing,
                              past.lines,
                              past.trial};
    if (known.attached != nullptr) situation.attached = *known.attached;
    if (known.of_devices != nullptr) situation.of_devices = *known.of_devices;
    situation.controllers = known.controllers;
    return plan::make_plan(situation, request);
}

Outcome Conductor::decide(const Request& request) const
{
    return *decide(request, [](topology::UseParts) { return false; });
}

std::optional<Outcome> Conductor::decide(const Request& request,
                                         const std::function<bool(topology::UseParts)>& is_awaited) const
{
    const auto past = past_for(request);
    auto outcome = outcome_of(request, past, {});
    const auto needed = plan::use_needed(outcome);
    if (needed.none()) return outcome;
    if (is_awaited(needed)) return std::nullopt;
    return outcome_of(request, past, workplace_.look_closer(needed));
}

topology::UseParts Conductor::use_needed(const Request& request) const
{
    if (remembered(request)) return {};
    return plan::use_needed(outcome_of(request, past_for(request), {}));
}

bool Conductor::may_be_remembered(const Request& request) const
{
    return std::holds_alternative<plan::ToggleRequest>(request.wish) && !request.yes && !request.is_trial() &&
           request.force_disks.empty() && !(request.guest && trial_);
}

std::shared_ptr<const Plan> Conductor::remembered(const Request& request) const
{
    if (!may_be_remembered(request)) return nullptr;
    const auto known = workplace_.known();
    const auto& toggle = std::get<plan::ToggleRequest>(request.wish);
    for (const auto& one : remembered_)
        if (one.at == known.registers && one.applied == known.snapshot.applied &&
            one.profiles == toggle.profiles)
            return one.plan;
    return nullptr;
}

Conductor::Planned Conductor::plan_for(const Request& request)
{
    if (auto plan = remembered(request)) return plan;
    auto outcome = decide(request);
    if (auto* refusal = std::get_if<Refusal>(&outcome)) return std::move(*refusal);
    const auto known = workplace_.known();
    const bool has_controllers =
        std::holds_alternative<Plan>(outcome) && std::get<Plan>(outcome).made_for.bindings;
    const bool is_lasting =
        known.registers && may_be_remembered(request) && !has_controllers && plan::use_needed(outcome).none();
    auto plan = std::make_shared<const Plan>(std::move(std::get<Plan>(outcome)));
    if (!is_lasting) return plan;
    if (remembered_.size() == most_remembered) remembered_.erase(remembered_.begin());
    remembered_.push_back({.at = *known.registers,
                           .applied = known.snapshot.applied,
                           .profiles = std::get<plan::ToggleRequest>(request.wish).profiles,
                           .plan = plan});
    return plan;
}

void Conductor::carry_out(Request request, Signature signature, Remember what,
                          std::function<void(Carried)> then, std::optional<Plan> decided)
{
    USBROUTE_CHECK(!under_way_);
    under_way_ = std::make_unique<UnderWay>(std::move(request), std::move(signature), what, std::move(then));
    if (!decided) return attempt();
    under_way_->plan = std::make_shared<const Plan>(std::move(*decided));
    apply();
}

Carried Conductor::carry_out(const Request& request, const Signature& signature, Remember what)
{
    std::optional<Carried> carried;
    carry_out(request, signature, what, [&](Carried now) { carried = std::move(now); });
    USBROUTE_CHECK(carried.has_value());
    return std::move(*carried);
}

/// Plans on what was last read, as nearly always nobody has written since. The execution looks first and says so if
/// somebody has; a refusal, which it never sees, is checked here.
void Conductor::attempt()
{
    auto& wish = *under_way_;
    auto planned = plan_for(wish.request);
    while (std::holds_alternative<Refusal>(planned)) {
        if (wish.attempt == most_attempts || !workplace_.reads_otherwise())
            return finish(std::unexpected(NotDone(std::get<Refusal>(std::move(planned)))));
        ++wish.attempt;
        planned = plan_for(wish.request);
    }
    wish.plan = std::get<std::shared_ptr<const Plan>>(std::move(planned));
    apply();
}

void Conductor::apply()
{
    auto& wish = *under_way_;
    // Nothing to look at, and nothing to do.
    if (wish.plan->made_for == plan::Reading{}) return finish(done(wish, {}));
    auto backend = workplace_.backend_for(*wish.plan);
    if (!backend) return not_applied(std::move(backend.error()).within("cannot " + wish.plan->title));
    wish.backend = std::move(*backend);
    wish.signature.stays_out = wish.plan->stays_out_of_trial;
    wish.execution.emplace(*wish.plan, *wish.backend, journal_, wish.signature);
    wish.execution->begin([this](Result<Applied> now) { applied(std::move(now)); });
}

void Conductor::applied(Result<Applied> applied)
{
    if (!applied) return not_applied(std::move(applied.error()));
    finish(done(*under_way_, std::move(*applied)));
}

Done Conductor::done(UnderWay& wish, Applied applied)
{
    const auto& plan = *wish.plan;
    if (!plan.change.is_empty()) join_trial(plan.change, wish.signature);
    workplace_.wrote(applied.after, plan);
    if (!std::holds_alternative<RestoreRequest>(wish.request.wish) && !plan.whole.is_empty() &&
        (wish.what == Remember::every_wish || !plan.changes_something()))
        if (auto stood = journal_.stand(plan.whole); !stood)
            applied.warnings.push_back("it might not be moved back after sleep or a driver reload: " +
                                       stood.error().message());
    Done done{.plan = std::move(wish.plan), .warnings = std::move(applied.warnings)};
    done.warnings.insert(done.warnings.end(), done.plan->warnings.begin(), done.plan->warnings.end());
    return done;
}

/// After a failed write nothing is taken for known. After a stale plan somebody has been faster.
void Conductor::not_applied(Error why)
{
    const bool changed = workplace_.reads_otherwise();
    const bool again = changed && (why.code() == code_of_a_stale_plan || !workplace_.known().registers);
    if (!again || under_way_->attempt == most_attempts)
        return finish(std::unexpected(NotDone(std::move(why))));
    ++under_way_->attempt;
    attempt();
}

/// Whoever is called back may begin the next one.
void Conductor::finish(Carried carried)
{
    const auto over = std::move(under_way_);
    over->then(std::move(carried));
}

/// As the journal's reader does it.
void Conductor::join_trial(const plan::Change& change, const Signature& signature)
{
    if (signature.trial) {
        if (!trial_) trial_.emplace();
        trial_->terms = *signature.trial;
        trial_->is_ending = false;
    }
    if (!trial_) return;
    if (signature.stays_out)
        trial_->leave_out(change);
    else
        trial_->join(change);
    if (trial_->is_over()) trial_.reset();
}

std::optional<Result<Recovered>> Conductor::recover()
{
    const auto open = journal_.history().open;
    if (!open) return std::nullopt;
    if (!touches_routes(*open)) return put_away(*open);
    const auto context = format("cannot recover from an interrupted \"{}\"", open->title);
    // Only what the chip table knows is ever written, whatever a journal says.
    const auto mux = route::find_mux(workplace_.known().snapshot);
    if (!mux || mux->xhci->address != open->controller)
        return Result<Recovered>(std::unexpected(
            Error(ErrorKind::failed, format("{}: {} is not a mux here", context, open->controller.text()))));
    auto registers = workplace_.registers(open->controller);
    if (!registers) return Result<Recovered>(std::unexpected(std::move(registers.error()).within(context)));
    static_cast<void>(workplace_.reads_otherwise());
    auto recovered = apply::recover(*open, **registers, journal_,
                                    [this](const Request& request) { return decide(request); });
    static_cast<void>(workplace_.reads_otherwise());
    return recovered;
}

/// Whom places are for is as it was: it is written down with the end. Their devices follow by themselves.
Recovered Conductor::put_away(const plan::Change& open)
{
    Recovered recovered{
        .text = format("\"{}\" was interrupted: its sockets are for whom they were before", open.title)};
    note_what_was_begun(open, journal_);
    if (auto ended = journal_.end(Ending::undone); !ended) recovered.text += "; " + ended.error().message();
    return recovered;
}

} // namespace usbroute::apply
