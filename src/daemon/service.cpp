// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/service.hpp"

#include "base/check.hpp"
#include "base/format.hpp"
#include "daemon/access.hpp"
#include "daemon/announce.hpp"
#include "daemon/answers.hpp"
#include "daemon/for_guest.hpp"
#include "daemon/line_views.hpp"
#include "daemon/log.hpp"
#include "plan/board.hpp"
#include "plan/open_questions.hpp"
#include "plan/rights.hpp"
#include "report/json.hpp"
#include "report/log.hpp"
#include "report/trial.hpp"
#include "report/views.hpp"
#include "report/why.hpp"

#include <algorithm>
#include <limits>

#include <unistd.h>

namespace usbroute::daemon {

using config::Verb;
using wire::Answer;
using wire::Command;
using wire::Form;

namespace {

constexpr std::chrono::milliseconds between_complaints{1000};

/// With the rights of the listener that it came through.
plan::Request request_through(const config::ListenerSettings& through, const Command& command)
{
    USBROUTE_CHECK(command.request); // no other verb comes here
    auto request = *command.request;
    request.may_say_yes = through.may_lift(config::Lift::yes);
    request.guest = through.guest;
    return request;
}

/// Whoever is the daemon's own user can do what the daemon can.
bool is_root_or_ourselves(const std::optional<uid_t>& user)
{
    return user && (*user == 0 || *user == ::geteuid());
}

} // namespace

std::optional<std::string> Service::why_not(const Asker& asker, const Command& command)
{
    const bool is_roots =
        command.verb == Verb::assign && command.controllers->what != assign::Ask::What::look;
    if (is_roots && !is_root_or_ourselves(asker.user))
        return "only root may have a guest take or give whole controllers: it is root's command that binds them";
    if (command.verb == Verb::reload && asker.entrance.settings.is_control() &&
        !is_root_or_ourselves(asker.user))
        return "only root may have usbrouted read its configuration again: sudo usbroute reload";
    return plan::why_not_allowed(asker.entrance.settings, parts_.machine.settings(), command);
}

void Service::line_changed(const Entrance&) { parts_.machine.lines_changed(); }

void Service::complain(Entrance& entrance, std::string_view what)
{
    const auto now = parts_.loop.now();
    if (entrance.last_complaint && now - *entrance.last_complaint < between_complaints) return;
    entrance.last_complaint = now;
    log::warning(format("listener {}: {}", entrance.name(), what), "listener " + entrance.name());
}

bool Service::is_known(Need need, const Command& command)
{
    if (need == Need::devices) return parts_.lookout.is_fresh();
    switch (command.verb) {
    case Verb::move:
    case Verb::apply:
    case Verb::toggle:
    case Verb::undo:
    case Verb::answer:
    case Verb::plan: return !command.request || !parts_.machine.awaits_claims(*command.request);
    case Verb::why: return !parts_.machine.awaits_claims();
    case Verb::confirm:
    case Verb::subscribe:
    case Verb::status:
    case Verb::assign:
    case Verb::log:
    case Verb::reload:
    case Verb::regs: break;
    }
    return true;
}

void Service::answer(const Entrance& entrance, const Command& command, const std::string& who,
                     Answered answered)
{
    const auto& through = entrance.settings;
    switch (command.verb) {
    case Verb::move:
    case Verb::apply:
    case Verb::toggle:
    case Verb::answer:
    case Verb::undo: return carry_out(through, command, who, std::move(answered));
    case Verb::confirm: return answered(confirm(through, who));
    case Verb::subscribe: return answered({});
    case Verb::reload: return reload_(std::move(answered));
    case Verb::assign: return parts_.controllers.answer(*command.controllers, std::move(answered));
    case Verb::status:
    case Verb::regs:
    case Verb::why:
    case Verb::log:
    case Verb::plan: break;
    }
    answered(look_up(through, command));
}

Answer Service::look_up(const Through& through, const Command& command)
{
    if (auto drift = parts_.machine.read_registers()) drifts_.push_back(*drift);
    if (command.verb == Verb::plan) return plan(through, command);
    if (command.verb == Verb::why) return why(through, command);
    if (command.verb == Verb::log) return log_of_changes(command.form);
    return command.verb == Verb::status ? status(through, command.form) : registers(command.form);
}

void Service::carry_out(const Through& through, const Command& command, const std::string& who,
                        Answered answered)
{
    const auto request = request_through(through, command);
    const auto before = parts_.machine.snapshot();
    const auto asked = std::make_shared<Asked>(
        Asked{.request = &request, .through = &through, .who = &who, .before = before, .kept = {}});
    const bool was_asking = std::exchange(is_asking_, true);
    parts_.machine.carry_out(request, {.who = who, .trial = parts_.trials.terms_for(request, &through)},
                             [this, asked, answered = std::move(answered)](Carried now) {
                                 asked->is_over = true;
                                 answered(carried(*asked, std::move(now)));
                                 // Whoever has the answer at once does it himself, and whoever waited may be gone.
                                 if (!is_asking_) after_answer();
                             });
    is_asking_ = was_asking;
    if (!asked->is_over) asked->keep();
}

void Service::Asked::keep()
{
    kept = Kept{.request = *request, .through = *through, .who = *who};
    request = &kept->request;
    through = &kept->through;
    who = &kept->who;
}

Answer Service::carried(const Asked& asked, Carried carried)
{
    const auto& through = *asked.through;
    if (auto drift = parts_.machine.take_drift()) drifts_.push_back(*drift);
    if (!carried) {
        const auto refused = answer_for(carried.error());
        // A refusal changes nothing, so it concerns only the one who asked; a failure concerns the administrator too.
        if (std::holds_alternative<Error>(carried.error()) && !is_locked_out(carried.error()))
            log::error(format("{}: {}", *asked.who, refused.message));
        else
            log::debug(format("{}: {} {}", *asked.who, refused.code, refused.message), *asked.who);
        return not_done(through, carried.error());
    }
    parts_.plugs.was_asked_for(*carried->plan);
    auto answer = answer_for(*carried);
    parts_.trials.settle(*asked.request, *carried, answer, &through);
    if (const auto& lasting = carried->plan->lasting) {
        answer.document_name = "rule";
        answer.document = report::to_json(report::rule_view(*lasting));
        answer.warnings.push_back(report::rule_to_be_written(*lasting));
    }
    if (carried->plan->changes_something())
        moved_.push_back({.done = std::move(*carried), .who = *asked.who, .before = asked.before});
    return done(through, std::move(answer));
}

Answer Service::done(const Through& through, Answer answer) const
{
    if (!through.guest) return answer;
    auto told = for_guest(plan::sight_of(*through.guest, parts_.machine.settings()), answer);
    if (!told.trial_seconds) return told;
    const auto trial = trial_for(sight_of(through));
    told.message =
        trial ? "trial: " + report::trial_sentence(trial->way_back, trial->seconds) : std::string();
    if (!trial) told.trial_seconds.reset();
    return told;
}

Answer Service::not_done(const Through& through, const NotDone& why) const
{
    if (const auto sight = sight_of(through)) return for_guest(*sight, why);
    const auto* refusal = std::get_if<plan::Refusal>(&why);
    return answer_for(refusal == nullptr ? why : NotDone(plan::as_told_to(through, *refusal)));
}

/// Asked here and not with the other rights: until its turn has come another change may have joined the trial.
Answer Service::confirm(const Through& through, const std::string& who)
{
    if (auto no = parts_.trials.why_not_confirmed_by(through))
        return {.status = wire::Status::error, .code = "not-permitted", .message = std::move(*no)};
    const auto answer = parts_.trials.confirm(who);
    return through.guest ? for_guest(plan::sight_of(*through.guest, parts_.machine.settings()), answer)
                         : answer;
}

std::optional<plan::Sight> Service::sight_of(const Through& through) const
{
    if (!through.guest) return std::nullopt;
    return plan::sight_of(*through.guest, parts_.machine.settings(), *parts_.machine.snapshot());
}

std::optional<Service::TrialWords> Service::trial_for(const std::optional<plan::Sight>& sight) const
{
    const auto left = parts_.trials.left();
    if (!left) return std::nullopt;
    if (!sight)
        return TrialWords{.seconds = left->seconds, .way_back = left->way_back, .why_out = left->why_out};
    auto words = way_back_for(*sight, parts_.machine.trial()->way, *parts_.machine.snapshot(),
                              parts_.machine.settings());
    if (words.empty()) return std::nullopt;
    return TrialWords{.seconds = left->seconds, .way_back = std::move(words)};
}

void Service::after_answer()
{
    // Whoever is told writes, and comes by here again; then the next piece of news would be told before the rest have heard
    // of this one.
    if (is_telling_) return;
    is_telling_ = true;
    while (!drifts_.empty() || !moved_.empty() || parts_.trials.has_news()) {
        const auto drifts = std::exchange(drifts_, {});
        for (const auto& drift : drifts) announce(drift, parts_.audience);
        for (const auto& moved : std::exchange(moved_, {})) parts_.tell_moved(moved);
        parts_.trials.tell_news();
        if (!drifts.empty()) parts_.restore();
    }
    is_telling_ = false;
}

Answer Service::plan(const Through& through, const Command& command) const
{
    const auto outcome = parts_.machine.decide(request_through(through, command));
    if (const auto* refusal = std::get_if<plan::Refusal>(&outcome))
        return not_done(through, NotDone(*refusal));
    const auto& plan = std::get<plan::Plan>(outcome);
    const auto sight = sight_of(through);
    Answer answer;
    if (command.form == Form::json) {
        const auto view = report::plan_view(plan, *parts_.machine.snapshot());
        answer.document_name = "plan";
        answer.document = report::to_json(sight ? for_guest(*sight, view) : view);
        return answer;
    }
    answer.message = sight ? plan_in_words(*sight, plan) : steps_in_words(plan);
    answer.warnings = plan.warnings;
    if (plan.lasting) answer.warnings.push_back(report::rule_to_be_written(*plan.lasting));
    return sight ? for_guest(*sight, answer) : answer;
}

Answer Service::why(const Through& through, const Command& command) const
{
    const auto& machine = parts_.machine;
    const auto& name = command.about.front();
    const auto sight = sight_of(through);
    const auto meant = report::socket_meant(name, *machine.snapshot(), machine.settings());
    if (sight && !sight->sees(meant.value_or(name).text()))
        return {.status = wire::Status::error,
                .code = "not-permitted",
                .message = format("{} may not ask about {} now", sight->guest.text(), name.text())};
    const auto decide = [&](const plan::Request& asked) -> plan::Outcome {
        auto outcome = machine.decide(asked);
        const auto* refusal = std::get_if<plan::Refusal>(&outcome);
        if (refusal == nullptr) return outcome;
        return sight ? plan::in_general_words(*refusal, *sight) : plan::as_told_to(through, *refusal);
    };
    const auto past = past_changes(machine.history());
    auto view = report::why_view(name, {.snapshot = *machine.snapshot(),
                                        .settings = machine.settings(),
                                        .use = machine.host_use(),
                                        .past = past,
                                        .decide = decide,
                                        .given = given_now()});
    if (!view) return answer_for(NotDone(std::move(view.error())));
    parts_.last_seen.show(view->connector);
    if (sight) view = for_guest(*sight, *view);
    if (sight) view->device.reset(); // which rules there are is the host's
    const auto& trial = machine.trial();
    if (trial && meant &&
        plan::moves(trial->way, plan::look_at_board(*machine.snapshot(), machine.settings()), *meant))
        if (const auto left = trial_for(sight)) {
            view->trial_seconds = static_cast<int>(left->seconds.count());
            view->trial_way_back = left->way_back;
            view->trial_why_out = left->why_out;
        }
    if (command.form == Form::json) return {.document_name = "why", .document = report::to_json(*view)};
    return {.message = report::why_in_a_line(*view),
            .owners = {{view->connector.owner, {view->connector.name}}}};
}

Answer Service::log_of_changes(Form form) const
{
    const auto& machine = parts_.machine;
    const auto view =
        report::log_view(past_changes(machine.history()), machine.settings(), *machine.snapshot());
    if (form == Form::json) return {.document_name = "log", .document = report::to_json(view)};
    return {.message = report::log_in_a_line(view)};
}

void Service::add_whole_sockets(std::vector<plan::GivenSocket>& given, const plan::Plan& devices) const
{
    const auto& machine = parts_.machine;
    const auto due = machine.decide({.wish = plan::FollowRequest{}});
    const auto* controllers = std::get_if<plan::Plan>(&due);
    if (controllers == nullptr) return;
    auto sockets = plan::whole_sockets(devices, *controllers, parts_.failed_controllers(),
                                       *machine.snapshot(), machine.settings());
    std::ranges::move(sockets, std::back_inserter(given));
}

/// What is due at this moment says what waits, and for what.
std::vector<plan::GivenSocket> Service::given_now() const
{
    const auto& machine = parts_.machine;
    if (!machine.settings().has_something_to_give()) return {};
    plan::FollowRequest of_devices;
    for (const auto& guest : machine.settings().guests)
        of_devices.leave_controllers.insert(of_devices.leave_controllers.end(), guest.on_move.begin(),
                                            guest.on_move.end());
    const bool has_controllers = !of_devices.leave_controllers.empty();
    const auto due = machine.decide({.wish = std::move(of_devices)});
    const auto* followed = std::get_if<plan::Plan>(&due);
    if (followed == nullptr) return {};
    auto given = plan::given_sockets(*followed, *machine.snapshot(), machine.settings());
    if (has_controllers && parts_.failed_controllers) add_whole_sockets(given, *followed);
    for (const auto& news : parts_.plugs.news())
        if (news.code == "failed" || news.code == "too-often")
            plan::add_not_started(given, news.guest, news.what);
    return given;
}

/// A guest is told of those that it could answer.
std::vector<report::QuestionView> Service::questions_for(const Through& through) const
{
    const auto& machine = parts_.machine;
    const auto& snapshot = *machine.snapshot();
    auto open = plan::open_questions(plan::look_at_board(snapshot, machine.settings()), snapshot);
    if (through.guest)
        open = plan::questions_for(*through.guest, std::move(open), machine.settings(), snapshot);
    const auto sight = sight_of(through);
    std::vector<report::QuestionView> views;
    for (const auto& question : open) {
        auto view = report::question_view(question);
        if (const auto left =
                parts_.questions.left_for({.path = question.device->path, .number = question.device->number}))
            view.seconds = static_cast<int>(left->count());
        views.push_back(sight ? for_guest(*sight, std::move(view)) : std::move(view));
    }
    std::ranges::sort(views, {}, [](const report::QuestionView& view) {
        return std::pair(view.seconds.value_or(std::numeric_limits<int>::max()), view.place);
    });
    return views;
}

Answer Service::status(const Through& through, Form form) const
{
    const auto snapshot = parts_.machine.snapshot();
    const auto& settings = parts_.machine.settings();
    const auto sight = sight_of(through);
    auto answer = status_answer(*snapshot, settings);
    if (sight) answer = for_guest(*sight, answer);
    const auto trial = trial_for(sight);
    if (trial) {
        answer.trial_seconds = static_cast<std::uint32_t>(trial->seconds.count());
        answer.message = "trial: " + report::trial_sentence(trial->way_back, trial->seconds, trial->why_out);
    }
    if (form == Form::text) return answer;
    auto view = report::status_view(*snapshot, settings, parts_.machine.host_use());
    view.lines = line_views(parts_.entrances, parts_.guests);
    report::show_given(view, given_now());
    parts_.last_seen.show(view);
    report::show_guests(view, parts_.guests.seen());
    for (const auto& news : parts_.plugs.news())
        view.by_plug.push_back({.guest = news.guest.text(), .code = news.code, .what = news.what});
    if (sight) view = for_guest(*sight, view);
    view.questions = questions_for(through);
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
