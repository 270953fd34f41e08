// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/answers.hpp"

#include "base/format.hpp"
#include "plan/board.hpp"
#include "plan/ownership.hpp"
#include "plan/unreadable.hpp"

#include <algorithm>

namespace usbroute::daemon {

using config::Verb;
using topology::Snapshot;
using wire::Answer;
using wire::Status;

namespace {

void add_owner(Answer& answer, const std::string& owner, const std::string& connector)
{
    auto found = std::ranges::find(answer.owners, owner, &decltype(answer.owners)::value_type::first);
    if (found == answer.owners.end()) found = answer.owners.insert(found, {owner, {}});
    found->second.push_back(connector);
}

/// `refused` is for what was understood and must not be; a wrong name is an error of who asked.
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

std::string words_for(const topology::RegisterLook& look)
{
    const auto* unreadable = std::get_if<topology::Unreadable>(&look);
    if (unreadable == nullptr) return "not read";
    return "unreadable: " + plan::why_unreadable(*unreadable, plan::Told::a_client).in_one_line();
}

} // namespace

plan::Request request_from(const wire::Command& command)
{
    plan::Request request;
    switch (command.verb == Verb::plan ? command.planned : command.verb) {
    case Verb::move:
        request.wish = plan::MoveRequest{.connectors = command.connectors, .to = command.to};
        break;
    case Verb::apply: request.wish = plan::ApplyRequest{.profile = command.profiles.front()}; break;
    case Verb::toggle: request.wish = plan::ToggleRequest{.profiles = command.profiles}; break;
    case Verb::undo:
    case Verb::status:
    case Verb::plan:
    case Verb::subscribe:
    case Verb::confirm:
    case Verb::why:
    case Verb::regs: request.wish = plan::UndoRequest{}; break;
    }
    request.yes = command.yes;
    request.force_disks = command.force_disks;
    request.revert_after = command.revert_after;
    return request;
}

Answer answer_for(const Done& done)
{
    Answer answer;
    const auto& plan = *done.plan;
    if (plan.profile) answer.profile = plan.profile->text();
    for (const auto& [connector, target] : plan.asked)
        add_owner(answer, config::text_of(target), connector.text());
    // An undo names nothing: what moved says it.
    if (plan.asked.empty() && !plan.profile)
        for (const auto& movement : plan.movements)
            add_owner(answer, plan::text_of(movement.owner_after), movement.connector.text());
    if (plan.steps.empty()) answer.message = "it was so already";
    answer.warnings = done.warnings;
    return answer;
}

Answer answer_for(const NotDone& why)
{
    if (const auto* refusal = std::get_if<plan::Refusal>(&why))
        return {.status = status_for(plan::kind_of(refusal->reason)),
                .code = std::string(plan::code_of(refusal->reason)),
                .message = plan::text_of(*refusal)};
    const auto& error = std::get<Error>(why);
    return {.status = is_locked_out(why) ? Status::error : Status::failed,
            .code = error.code().empty() ? "failed" : error.code(),
            .message = error.message()};
}

std::vector<report::PastChange> past_changes(const apply::History& history)
{
    std::vector<report::PastChange> past;
    past.reserve(history.done.size());
    for (const auto& entry : history.done)
        past.push_back({.change = entry.change, .when = entry.stamp.when, .who = entry.stamp.who});
    return past;
}

Answer status_answer(const Snapshot& snapshot, const config::Settings& settings)
{
    Answer answer;
    const auto board = plan::look_at_board(snapshot, settings);
    if (const auto profile = plan::profile_in_force(snapshot, settings)) answer.profile = profile->text();
    // Sockets without a name are listed only where none has one.
    const auto count = board.configured > 0 ? board.configured : board.connectors.size();
    for (const auto& connector : std::span(board.connectors).first(count))
        add_owner(answer, plan::text_of(plan::owner_now(snapshot, connector, settings)),
                  connector.spec.name.text());
    if (board.connectors.empty()) answer.message = "no connector is known on this machine";
    return answer;
}

Answer registers_answer(const Snapshot& snapshot)
{
    Answer answer;
    for (const auto& controller : snapshot.controllers) {
        if (controller.kind != topology::ControllerKind::xhci) continue;
        if (!answer.message.empty()) answer.message += "; ";
        answer.message += controller.name + " ";
        if (chips::family_of(controller.vendor, controller.device) == nullptr)
            answer.message += "has no routing registers that are known";
        else if (const auto* bits = std::get_if<chips::RouteBits>(&controller.registers))
            answer.message +=
                format("XUSB2PR=0x{:x} XUSB2PRM=0x{:x} USB3_PSSEN=0x{:x} USB3PRM=0x{:x}", bits->usb2_owner,
                       bits->usb2_movable, bits->superspeed_on, bits->superspeed_movable);
        else
            answer.message += words_for(controller.registers);
    }
    if (answer.message.empty()) answer.message = "there is no xHCI on this machine";
    return answer;
}

std::string steps_in_words(const plan::Plan& plan)
{
    std::string words;
    for (const auto& step : plan.steps) {
        if (!words.empty()) words += " && ";
        words += plan::setpci_line(plan.controller, step.target, step.mask, step.value);
    }
    return words.empty() ? "nothing to do: it is so already" : words;
}

} // namespace usbroute::daemon
