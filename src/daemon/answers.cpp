// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/answers.hpp"

#include "base/format.hpp"
#include "base/groups.hpp"
#include "plan/board.hpp"
#include "plan/ownership.hpp"
#include "plan/unreadable.hpp"

namespace usbroute::daemon {

using topology::Snapshot;
using wire::Answer;

namespace {

std::string words_for(const topology::RegisterLook& look)
{
    const auto* unreadable = std::get_if<topology::Unreadable>(&look);
    if (unreadable == nullptr) return "not read";
    return "unreadable: " + plan::why_unreadable(*unreadable, plan::Told::a_client).in_one_line();
}

} // namespace

Answer status_answer(const Snapshot& snapshot, const config::Settings& settings)
{
    Answer answer;
    const auto board = plan::look_at_board(snapshot, settings);
    if (const auto profile = plan::profile_in_force(snapshot, settings)) answer.profile = profile->text();
    // Sockets without a name are listed only where none has one.
    const auto count = board.configured > 0 ? board.configured : board.connectors.size();
    for (const auto& connector : std::span(board.connectors).first(count))
        group_with(answer.owners, plan::text_of(plan::owner_now(connector, settings)))
            .push_back(connector.spec.name.text());
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
            answer.message += "has no known routing registers";
        else if (const auto* bits = std::get_if<chips::RouteBits>(&snapshot.registers_of(controller.address)))
            answer.message +=
                format("XUSB2PR=0x{:x} XUSB2PRM=0x{:x} USB3_PSSEN=0x{:x} USB3PRM=0x{:x}", bits->usb2_owner,
                       bits->usb2_movable, bits->superspeed_on, bits->superspeed_movable);
        else
            answer.message += words_for(snapshot.registers_of(controller.address));
    }
    if (answer.message.empty()) answer.message = "there is no xHCI on this machine";
    return answer;
}

std::string steps_in_words(const plan::Plan& plan)
{
    std::string words;
    for (const auto& step : plan.steps) {
        if (!words.empty()) words += " && ";
        words += plan::shell_line(step.action);
    }
    return words.empty() ? "nothing to do" : words;
}

} // namespace usbroute::daemon
