// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/service.hpp"

#include "base/format.hpp"
#include "daemon/access.hpp"
#include "daemon/announce.hpp"
#include "daemon/answers.hpp"
#include "daemon/line_views.hpp"
#include "daemon/log.hpp"
#include "linux/clock_steps.hpp"
#include "report/json.hpp"
#include "report/trial.hpp"
#include "report/views.hpp"
#include "report/why.hpp"

namespace usbroute::daemon {

using config::Verb;
using wire::Answer;
using wire::Command;
using wire::Form;

namespace {

constexpr std::chrono::milliseconds between_complaints{1000};

} // namespace

std::optional<std::string> Service::why_not(const Entrance& entrance, const Command& command)
{
    if (auto no = why_not_allowed(entrance.settings, parts_.machine.settings(), command)) return no;
    if (command.verb == Verb::confirm && entrance.settings.guest)
        return parts_.trials.why_not_confirmed_by(*entrance.settings.guest);
    return std::nullopt;
}

/// A guest that may only ask proves nothing: it could call no keyboard back.
void Service::carried(const Entrance& entrance, const Command&)
{
    const auto& settings = entrance.settings;
    if (settings.guest && (settings.allows(Verb::toggle) || settings.allows(Verb::move) ||
                           settings.allows(Verb::apply) || settings.allows(Verb::undo)))
        parts_.guests.line_proved(*settings.guest);
}

void Service::complain(Entrance& entrance, std::string_view what)
{
    const auto now = parts_.loop.now();
    if (entrance.last_complaint && now - *entrance.last_complaint < between_complaints) return;
    entrance.last_complaint = now;
    log::warning(format("listener {}: {}", entrance.name(), what));
}

Answer Service::answer(const Command& command, const std::string& who)
{
    switch (command.verb) {
    case Verb::move:
    case Verb::apply:
    case Verb::toggle:
    case Verb::undo: return carry_out(command, who);
    case Verb::confirm: return parts_.trials.confirm(who);
    case Verb::subscribe: return {};
    case Verb::status:
    case Verb::regs:
    case Verb::why:
    case Verb::plan: break;
    }
    if (auto drift = parts_.machine.read_registers()) drifts_.push_back(*drift);
    if (command.verb == Verb::plan) return plan(command);
    if (command.verb == Verb::why) return why(command);
    return command.verb == Verb::status ? status(command.form) : registers(command.form);
}

Answer Service::carry_out(const Command& command, const std::string& who)
{
    auto before = parts_.machine.snapshot();
    const auto request = request_from(command);
    auto done = parts_.machine.carry_out(request, {.who = who, .trial = parts_.trials.terms_for(request)});
    if (auto drift = parts_.machine.take_drift()) drifts_.push_back(*drift);
    if (!done) {
        const auto refused = answer_for(done.error());
        // A refusal changes nothing, so it is for who asked; a failure is for the administrator too.
        if (std::holds_alternative<Error>(done.error()))
            log::error(format("{}: {}", who, refused.message));
        else
            log::debug(format("{}: {} {}", who, refused.code, refused.message));
        return refused;
    }
    auto answer = answer_for(*done);
    parts_.trials.settle(request, *done, answer);
    if (!done->plan->steps.empty())
        news_.push_back(
            {.done = std::move(*done), .answer = answer, .who = who, .before = std::move(before)});
    return answer;
}

void Service::after_answer()
{
    if (drifts_.empty() && news_.empty() && !parts_.trials.has_news()) return;
    // Telling it may end sessions, and an ending session comes by here.
    const auto drifts = std::exchange(drifts_, {});
    for (const auto& drift : drifts) announce(drift, parts_.audience);
    for (auto& news : std::exchange(news_, {})) {
        announce(news.done, news.answer, news.who, parts_.audience);
        parts_.verdicts.begin(news.done.plan, std::move(news.before));
    }
    parts_.trials.tell_news();
    if (!drifts.empty())
        parts_.restorer.look_again({.now = parts_.loop.now(), .asleep = linux_::time_asleep()});
}

Answer Service::plan(const Command& command) const
{
    const auto outcome = parts_.machine.decide(request_from(command));
    if (const auto* refusal = std::get_if<plan::Refusal>(&outcome)) return answer_for(NotDone(*refusal));
    const auto& plan = std::get<plan::Plan>(outcome);
    Answer answer;
    if (command.form == Form::json) {
        answer.document_name = "plan";
        answer.document = report::to_json(report::plan_view(plan, *parts_.machine.snapshot()));
        return answer;
    }
    answer.message = steps_in_words(plan);
    answer.warnings = plan.warnings;
    return answer;
}

Answer Service::why(const Command& command) const
{
    const auto& machine = parts_.machine;
    const auto past = past_changes(machine.history());
    auto view =
        report::why_view(command.connectors.front(),
                         {.snapshot = *machine.snapshot(),
                          .settings = machine.settings(),
                          .use = machine.host_use(),
                          .past = past,
                          .decide = [&](const plan::Request& asked) { return machine.decide(asked); }});
    if (!view) return answer_for(NotDone(std::move(view.error())));
    if (const auto trial = parts_.trials.left();
        trial && report::moves(machine.trial()->way, *machine.snapshot(), machine.settings(),
                               command.connectors.front())) {
        view->trial_seconds = static_cast<int>(trial->seconds.count());
        view->trial_way_back = trial->way_back;
        view->trial_why_out = trial->why_out;
    }
    if (command.form == Form::json) return {.document_name = "why", .document = report::to_json(*view)};
    return {.message = report::why_in_a_line(*view),
            .owners = {{view->connector.owner, {view->connector.name}}}};
}

Answer Service::status(Form form) const
{
    const auto snapshot = parts_.machine.snapshot();
    const auto& settings = parts_.machine.settings();
    auto answer = status_answer(*snapshot, settings);
    const auto trial = parts_.trials.left();
    if (trial) {
        answer.trial_seconds = static_cast<std::uint32_t>(trial->seconds.count());
        answer.message = "trial: " + report::trial_sentence(trial->way_back, trial->seconds, trial->why_out);
    }
    if (form == Form::text) return answer;
    auto view = report::status_view(*snapshot, settings, parts_.machine.host_use());
    view.lines = line_views(parts_.entrances, parts_.guests);
    if (trial) {
        view.trial_seconds = static_cast<int>(trial->seconds.count());
        view.trial_way_back = trial->way_back;
        view.trial_why_out = trial->why_out;
    }
    answer.document_name = "status";
    answer.document = report::to_json(view);
    return answer;
}

Answer Service::registers(Form form) const
{
    const auto snapshot = parts_.machine.snapshot();
    if (form == Form::text) return registers_answer(*snapshot);
    Answer answer;
    answer.document_name = "registers";
    answer.document = report::to_json(report::registers_view(*snapshot, parts_.machine.settings()));
    return answer;
}

} // namespace usbroute::daemon
