// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/for_guest.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "daemon/answers.hpp"
#include "plan/board.hpp"
#include "plan/ownership.hpp"

#include <algorithm>

namespace usbroute::daemon {

using plan::Sight;
using topology::Side;

namespace {

constexpr std::string_view others_too = "other sockets move too";
constexpr const char* there_are_warnings = "the host has warnings about this; they are in usbrouted's log";

/// Of a device that is kept from it: the reason may be a disk's mount, or another guest.
constexpr const char* there_is_a_reason = "it is not given now; usbrouted's log on the host says why";

using wire::Owners;

Owners seen_of(const Sight& sight, const Owners& owners)
{
    Owners seen;
    for (const auto& [owner, connectors] : owners) {
        if (!sight.sees_owner(owner)) continue;
        std::vector<std::string> own;
        // What it has itself it sees, granted or not.
        for (const auto& connector : connectors)
            if (owner == sight.guest.text() || sight.sees(connector)) own.push_back(connector);
        if (!own.empty()) seen.emplace_back(owner, std::move(own));
    }
    return seen;
}

std::optional<std::string> seen_of(const Sight& sight, const std::optional<std::string>& profile)
{
    return profile && sight.sees_profile(*profile) ? profile : std::nullopt;
}

std::vector<std::string> seen_of(const std::vector<std::string>& warnings)
{
    return warnings.empty() ? warnings : std::vector<std::string>{there_are_warnings};
}

/// Names of devices are what the guest would see of them itself; disks and mounts are the host's.
report::DeviceView seen_of(const report::DeviceView& device)
{
    return {.place = device.place,
            .name = device.name,
            .speed = device.speed,
            .keyboard = device.keyboard,
            .hub = device.hub,
            .kind = device.kind,
            .disks = {},
            .in_use = device.in_use.empty() ? std::string() : std::string("used by the host")};
}

report::ConnectorView seen_of(const Sight& sight, const report::ConnectorView& connector)
{
    auto seen = connector;
    // What another guest may have there is none of this one's business.
    if (connector.owner != sight.guest.text()) seen.last_seen.clear();
    seen.devices.clear();
    for (const auto& device : connector.devices) seen.devices.push_back(seen_of(device));
    // What goes elsewhere, and what is asked about it, is for the host's people.
    std::erase_if(seen.signs,
                  [](const std::string& sign) { return sign == "question" || sign == "given-away"; });
    // Why it waits tells of disks, of other guests and of nodes.
    for (auto& wait : seen.waits) {
        wait.why = plan::wait_in_general_words(wait.code);
        wait.errors.clear();
    }
    return seen;
}

/// Its own counts, without the process and the path that it has on the host.
report::LineView seen_of(const report::LineView& line)
{
    auto seen = line;
    seen.place.clear();
    seen.process.clear();
    return seen;
}

/// The author is named only if it was this guest.
bool is_of_the_guest(const Sight& sight, const std::string& who)
{
    return std::ranges::any_of(
        sight.lines, [&](const std::string& line) { return who == line || who.starts_with(line + " ("); });
}

std::string who_for(const Sight& sight, const std::string& who)
{
    if (who.empty()) return {};
    return is_of_the_guest(sight, who) ? sight.guest.text() : std::string("somebody else");
}

std::string what_for(const Sight& sight, const std::string& who, const std::string& what)
{
    return what.empty() || is_of_the_guest(sight, who) ? what : std::string("a change");
}

bool is_side(std::string_view word) { return word == "ehci" || word == "xhci"; }

/// As plan/rights.cpp has it.
bool may_answer(const Sight& sight, std::string_view who)
{
    return who == "host" || who == sight.guest.text();
}

/// One that could be answered over its line (plan/open_questions.hpp), with the answers that it may give.
std::optional<wire::Event> question_for(const Sight& sight, const wire::Event& event)
{
    if (!event.asks || !sight.sees(event.connector) ||
        std::ranges::find(event.asks->answers, sight.guest.text()) == event.asks->answers.end())
        return std::nullopt;
    auto seen = event;
    std::erase_if(seen.asks->answers, [&](const std::string& answer) { return !may_answer(sight, answer); });
    if (!may_answer(sight, seen.asks->owner)) seen.asks->owner.clear();
    return seen;
}

/// "confirmed", "reverted", ... and of the sockets only those of the guest.
std::optional<wire::Event> trial_for(const Sight& sight, const wire::Event& event)
{
    std::vector<std::string> own;
    for (const auto& connector : event.about)
        if (sight.sees(connector)) own.push_back(connector);
    if (own.empty()) return std::nullopt;
    return wire::Event{
        .kind = event.kind,
        .word = event.word,
        .text = format("{}{}", join(own, ", "), own.size() < event.about.size() ? " and others" : "")};
}

} // namespace

wire::Answer for_guest(const Sight& sight, const wire::Answer& answer)
{
    wire::Answer seen{.status = answer.status, .code = answer.code, .message = answer.message};
    seen.profile = seen_of(sight, answer.profile);
    seen.owners = seen_of(sight, answer.owners);
    seen.warnings = seen_of(answer.warnings);
    seen.trial_seconds = answer.trial_seconds;
    return seen;
}

wire::Answer for_guest(const Sight& sight, const NotDone& why)
{
    if (const auto* refusal = std::get_if<plan::Refusal>(&why))
        return answer_for(NotDone(plan::in_general_words(*refusal, sight)));
    auto answer = answer_for(why);
    answer.message = "the host could not do it; usbrouted's log there says why, and how the machine was left";
    return answer;
}

report::QuestionView for_guest(const Sight& sight, report::QuestionView question)
{
    std::erase_if(question.answers, [&](const std::string& answer) { return !may_answer(sight, answer); });
    question.rule.clear();
    return question;
}

report::StatusView for_guest(const Sight& sight, const report::StatusView& view)
{
    report::StatusView seen;
    seen.family = view.family;
    if (sight.sees_profile(view.profile)) seen.profile = view.profile;
    if (!view.unreadable.empty()) seen.unreadable = "the host cannot read its routing registers";
    for (const auto& connector : view.connectors)
        if (sight.sees(connector.name)) seen.connectors.push_back(seen_of(sight, connector));
    for (const auto& controller : view.controllers)
        if (controller.owner == sight.guest.text()) seen.controllers.push_back(controller);
    for (const auto& line : view.lines)
        if (line.guest == sight.guest.text()) seen.lines.push_back(seen_of(line));
    for (const auto& guest : view.device_guests)
        if (guest.guest == sight.guest.text()) seen.device_guests.push_back(guest);
    return seen;
}

report::WhyView for_guest(const Sight& sight, const report::WhyView& view)
{
    report::WhyView seen;
    seen.connector = seen_of(sight, view.connector);
    seen.since = view.since;
    seen.by = who_for(sight, view.by);
    seen.what = what_for(sight, view.by, view.what);
    seen.strayed = view.strayed;
    for (const auto& past : view.history)
        seen.history.push_back({.when = past.when,
                                .who = who_for(sight, past.who),
                                .what = what_for(sight, past.who, past.what),
                                .to = past.to});
    for (const auto& move : view.moves)
        if (sight.sees_owner(move.to) && !is_side(move.to)) {
            seen.moves.push_back(move);
            seen.moves.back().warnings = seen_of(move.warnings);
        }
    return seen;
}

report::PlanView for_guest(const Sight& sight, const report::PlanView& view)
{
    report::PlanView seen;
    // What an undo takes back has a name that somebody else may have given it.
    seen.kind = view.kind;
    seen.title = view.kind == plan::ChangeKind::undo ? std::string("undo") : view.title;
    if (sight.sees_profile(view.profile)) seen.profile = view.profile;
    for (const auto& move : view.moves)
        if (sight.sees(move.connector) && sight.sees_owner(move.owner_before) &&
            sight.sees_owner(move.owner_after))
            seen.moves.push_back(move);
    for (const auto& name : view.already)
        if (sight.sees(name)) seen.already.push_back(name);
    seen.warnings = seen_of(view.warnings);
    return seen;
}

std::string plan_in_words(const Sight& sight, const plan::Plan& plan)
{
    if (!plan.changes_something()) return "nothing to do";
    std::string words;
    bool has_others = false;
    for (const auto& movement : plan.movements) {
        const auto& name = movement.connector.text();
        const auto owner = plan::text_of(movement.owner_after);
        if (!sight.sees(name) || !sight.sees_owner(owner))
            has_others = true;
        else
            words += format("{}{} goes to {}", words.empty() ? "" : "; ", name, owner);
    }
    if (words.empty()) return "none of your sockets would move, and others would";
    return has_others ? format("{}; {}", words, others_too) : words;
}

std::optional<wire::Event> for_guest(const Sight& sight, const wire::Event& event)
{
    switch (event.kind) {
    case wire::EventKind::moved: {
        wire::Event seen{.kind = event.kind};
        seen.profile = seen_of(sight, event.profile);
        seen.owners = seen_of(sight, event.owners);
        if (!seen.profile && seen.owners.empty()) return std::nullopt;
        return seen;
    }
    case wire::EventKind::arrived:
    case wire::EventKind::left:
    case wire::EventKind::given:
    case wire::EventKind::verdict: return sight.sees(event.connector) ? std::optional(event) : std::nullopt;
    case wire::EventKind::kept: {
        if (!sight.sees(event.connector)) return std::nullopt;
        auto seen = event;
        seen.text = there_is_a_reason;
        return seen;
    }
    case wire::EventKind::question: return question_for(sight, event);
    // What has it run is for the host's people.
    case wire::EventKind::wanted: return std::nullopt;
    case wire::EventKind::guest:
        return event.word == sight.guest.text() ? std::optional(event) : std::nullopt;
    case wire::EventKind::trial: return trial_for(sight, event);
    // What the registers hold tells of every socket.
    case wire::EventKind::drift:
        return wire::Event{.kind = event.kind, .word = event.word, .text = "was written by somebody else"};
    case wire::EventKind::lost: return event;
    }
    return std::nullopt;
}

std::string way_back_for(const Sight& sight, const plan::Change& way, const topology::Snapshot& snapshot,
                         const config::Settings& settings)
{
    std::string words;
    std::size_t others = 0;
    for (const auto& connector : plan::look_at_board(snapshot, settings).connectors) {
        const auto seat = way.seat_before(connector.spec);
        if (!seat) continue;
        const auto& name = connector.spec.name.text();
        if (!sight.sees(name)) {
            ++others;
            continue;
        }
        const auto owner = plan::text_of(plan::owner_at(connector, *seat, settings));
        words += format("{}{} goes back{}", words.empty() ? "" : "; ", name,
                        sight.sees_owner(owner) ? " to " + owner : std::string());
    }
    return words.empty() || others == 0 ? words : format("{}; {}", words, others_too);
}

} // namespace usbroute::daemon
