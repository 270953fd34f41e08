// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/trials.hpp"

#include "base/format.hpp"
#include "daemon/answers.hpp"
#include "daemon/log.hpp"
#include "plan/board.hpp"
#include "plan/rights.hpp"
#include "report/spoken.hpp"
#include "report/trial.hpp"
#include "wire/duration.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::daemon {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr seconds first_move_lasts = 30s;
constexpr milliseconds until_the_end_is_tried_again = 250ms;
/// The end is on time if it is tried this soon: a busy machine, the kernel's answer about disks, a direct command's lock.
constexpr milliseconds on_time = 5s;

bool is_a_move(const plan::Wish& wish)
{
    return std::holds_alternative<plan::MoveRequest>(wish) ||
           std::holds_alternative<plan::AnswerRequest>(wish) ||
           std::holds_alternative<plan::ApplyRequest>(wish) ||
           std::holds_alternative<plan::ToggleRequest>(wish);
}

} // namespace

bool Trials::is_unasked_trial(const plan::Request& request) const
{
    return !parts_.first_move.is_over() && is_a_move(request.wish) && !request.yes && !request.revert_after &&
           !parts_.machine.trial();
}

std::optional<apply::TrialTerms> Trials::terms_for(const plan::Request& request,
                                                   const config::ListenerSettings* through) const
{
    const bool is_unasked = is_unasked_trial(request);
    if (!is_unasked && !request.is_trial()) return std::nullopt;
    if (through != nullptr && why_not_confirmed_by(*through)) return std::nullopt;
    const auto lasts = is_unasked ? first_move_lasts : *request.revert_after;
    return apply::TrialTerms{
        .boot = parts_.alarm.boot(), .deadline = parts_.alarm.now() + lasts, .lasts = lasts};
}

void Trials::resume()
{
    auto kept = parts_.journal.history().trial;
    if (!kept) return;
    if (kept->terms.boot != parts_.alarm.boot() || kept->is_over()) {
        log::info("a trial of an earlier boot is over: firmware has routed the sockets again since");
        if (const auto ended = parts_.journal.end_trial(); !ended) log::warning(ended.error().message());
        return;
    }
    // No trial lasts longer, whatever a file says.
    kept->terms.deadline = std::min(kept->terms.deadline, parts_.alarm.now() + wire::longest_trial);
    parts_.machine.adopt_trial(*kept);
    told_ = *kept;
    through_ = {ListenerName()};
    parts_.alarm.ring_at(kept->terms.deadline);
    log::info(format("the trial goes on: {}", words_for_way_back()));
}

std::string Trials::words_for_way_back() const
{
    const auto now = left();
    return now ? report::trial_sentence(now->way_back, now->seconds, now->why_out) : std::string();
}

std::optional<Trials::Left> Trials::left() const
{
    const auto& trial = parts_.machine.trial();
    if (!trial) return std::nullopt;
    const auto until = std::max(trial->terms.deadline - parts_.alarm.now(), milliseconds(0));
    return Left{.seconds = std::chrono::ceil<seconds>(until),
                .way_back =
                    report::way_back(trial->way, *parts_.machine.snapshot(), parts_.machine.settings()),
                .why_out = why_out_};
}

void Trials::note(std::string_view word, std::string text, const plan::Change& about)
{
    log::change(format("trial {}: {}", word, text));
    wire::Event event{.kind = wire::EventKind::trial, .word = std::string(word), .text = std::move(text)};
    const auto board = plan::look_at_board(*parts_.machine.snapshot(), parts_.machine.settings());
    for (const auto* connector : board.all())
        if (about.moves(connector->spec)) event.about.push_back(connector->spec.name.text());
    news_.push_back(std::move(event));
}

void Trials::settle(const plan::Request& request, const Done& done, wire::Answer& answer,
                    const config::ListenerSettings* through)
{
    if (!done.plan->changes_something()) return;
    const auto& trial = parts_.machine.trial();
    if (!trial) {
        if (const auto was = told_) {
            const bool was_out = patience_.is_tried();
            end();
            note("over", was_out ? "nothing is left to take back" : "everything is as it was before it",
                 was->way);
        }
        // Somebody who undoes, or says that no trial is needed, has not been stranded.
        forget_first_move();
        return;
    }
    if (trial->is_ending || done.plan->stays_out_of_trial) return; // what is changed now is not on trial
    const bool is_new = !told_;
    if (is_new) through_.clear();
    const auto name = through == nullptr ? ListenerName() : through->name;
    if (std::ranges::find(through_, name) == through_.end()) through_.push_back(name);
    const bool has_another_end = is_new || told_->terms != trial->terms;
    if (has_another_end) why_out_.clear();
    const bool is_first = !parts_.first_move.is_over() && !request.is_trial() && is_new;
    answer.trial_seconds = static_cast<std::uint32_t>(left()->seconds.count());
    const bool may_confirm = through == nullptr || !why_not_confirmed_by(*through);
    answer.message = format("{}: {}{}{}", is_first ? "the first move on this machine is a trial" : "trial",
                            words_for_way_back(), may_confirm ? "; " : " by the host",
                            may_confirm ? report::say_confirm : "");
    if (!parts_.journal.is_written())
        answer.warnings.emplace_back(
            "the trial could not be written down: it ends in time only while this usbrouted runs");
    if (has_another_end) end(); // whatever prevented the end before
    told_ = *trial;
    if (!has_another_end) return; // it has joined the one under way
    parts_.alarm.ring_at(trial->terms.deadline);
    note("begun", words_for_way_back(), trial->way);
}

wire::Answer Trials::confirm(const std::string& who)
{
    wire::Answer answer;
    if (!parts_.machine.trial()) {
        answer.message = "there is no trial to confirm";
        return answer;
    }
    const auto way = parts_.machine.trial()->way;
    const auto ended = parts_.machine.end_trial();
    if (!ended && is_locked_out(ended.error())) return answer_for(NotDone(ended.error()));
    if (!ended)
        answer.warnings.push_back("after a restart the daemon may still take it back: " +
                                  ended.error().message());
    end();
    forget_first_move();
    note("confirmed", format("by {}", who), way);
    return answer;
}

std::optional<std::string> Trials::why_not_confirmed_by(const config::ListenerSettings& through) const
{
    const auto& trial = parts_.machine.trial();
    if (!trial) return std::nullopt;
    const auto& settings = parts_.machine.settings();
    return plan::why_not_confirmed(through, {.way = trial->way, .through = through_},
                                   plan::look_at_board(*parts_.machine.snapshot(), settings), settings);
}

void Trials::forget_first_move()
{
    if (parts_.first_move.is_over()) return;
    if (const auto noted = parts_.first_move.note(); !noted)
        log::warning(format(
            "the next daemon will treat its first move as the first one on this machine, and make it a trial: {}",
            noted.error().message()));
}

void Trials::tell_news()
{
    for (const auto& event : std::exchange(news_, {})) tell_.event(event);
}

void Trials::ring()
{
    // A direct command may have added to it, or taken it back.
    if (auto kept = parts_.journal.history().trial; kept && parts_.machine.trial())
        parts_.machine.adopt_trial(std::move(*kept));
    const auto& trial = parts_.machine.trial();
    if (!trial) return end();
    // Nobody has been told of another end; then the alarm was late or early, not the trial.
    if (!patience_.is_tried() && told_ && parts_.alarm.now() < told_->terms.deadline)
        return parts_.alarm.ring_at(told_->terms.deadline);
    revert(Occasion::alarm);
}

/// A write that failed is not tried again at every look: it may fail for ever.
void Trials::look_again()
{
    if (!patience_.is_tried() || has_failed_ || !parts_.machine.trial()) return;
    revert(Occasion::look);
}

namespace {

/// What a trial has left to take back: of its way, the sockets that are still out.
plan::Change left_of(const plan::Change& way, const std::vector<StillOut>& rest, const Machine& machine)
{
    auto left = way;
    left.shifts.clear();
    const auto board = plan::look_at_board(*machine.snapshot(), machine.settings());
    for (const auto* connector : board.all())
        if (std::ranges::find(rest, connector->spec.name, &StillOut::connector) != rest.end())
            for (auto& shift : way.part_of(connector->spec).shifts) left.set(std::move(shift));
    return left;
}

} // namespace

void Trials::revert(Occasion occasion)
{
    auto& machine = parts_.machine;
    if (is_reverting_) return;
    auto before = machine.snapshot();
    auto way = machine.trial()->way;
    const bool is_late =
        machine.trial()->was_ending || parts_.alarm.now() - machine.trial()->terms.deadline > on_time;
    plan::Request request{.wish = plan::RevertRequest{.way = way, .is_late = is_late}};
    if (machine.awaits_claims(request)) return; // rung again when there is an answer
    is_reverting_ = true;
    go_back(machine, std::move(request), {.who = "trial", .trial = {}},
            [this, occasion, way = std::move(way), before = std::move(before)](WentBack gone) {
                is_reverting_ = false;
                went_back(occasion, way, before, std::move(gone));
                tell_news();
            });
}

void Trials::went_back(Occasion occasion, const plan::Change& way,
                       const std::shared_ptr<const topology::Snapshot>& before, WentBack gone)
{
    auto& machine = parts_.machine;
    if (!gone && is_locked_out(gone.error())) return try_again_when_free(answer_for(gone.error()).message);
    has_failed_ = gone ? gone->has_failed() : std::holds_alternative<Error>(gone.error());
    // The journal has heard of what was written; of what was back already, and of what has to wait, it has not.
    const auto out = machine.trial() ? machine.trial()->way : plan::Change{};
    const auto rest = gone ? left_of(out, gone->rest, machine) : out;
    const auto told = machine.end_trial_but_for(rest);
    if (!told && is_locked_out(told.error())) return try_again_when_free(told.error().message());
    if (!told && occasion == Occasion::alarm) log::warning(told.error().message());
    is_locked_out_ = false;

    const auto back = way.without(rest);
    if (!back.is_empty())
        note("reverted",
             format("nobody has confirmed it: {}",
                    report::way_back(back, *machine.snapshot(), machine.settings())),
             back);
    if (told_) told_->way = rest;
    if (rest.is_empty())
        end();
    else
        keep_trying(gone ? in_words(gone->rest) : in_words(gone.error()), occasion);
    if (gone) tell_of(std::move(gone->done), "the end of a trial", before, tell_.reverted);
}

/// Another process is at work on the sockets, for some seconds at most.
void Trials::try_again_when_free(const std::string& why)
{
    parts_.alarm.ring_at(parts_.alarm.now() + until_the_end_is_tried_again);
    if (!std::exchange(is_locked_out_, true))
        log::warning(format("trial: it will be taken back once the lock on changes is free: {}", why));
}

void Trials::keep_trying(const std::string& why, Occasion occasion)
{
    // A look is an occasion of its own, and moves no other.
    if (occasion == Occasion::alarm) parts_.alarm.ring_at(parts_.alarm.now() + patience_.longer());
    if (std::exchange(why_out_, why) == why) return;
    auto text = format("it cannot be taken back yet, and will be tried again: {}", why);
    log::error("trial delayed: " + text);
    news_.push_back({.kind = wire::EventKind::trial, .word = "delayed", .text = std::move(text)});
}

void Trials::end()
{
    told_.reset();
    patience_.end();
    has_failed_ = false;
    why_out_.clear();
    parts_.alarm.silence();
}

} // namespace usbroute::daemon
