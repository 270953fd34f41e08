// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/request.hpp"

#include "base/check.hpp"

namespace usbroute::wire {

using config::Verb;

std::optional<plan::Request> request_in(const Command& command)
{
    plan::Request request{.wish = plan::UndoRequest{},
                          .yes = command.yes,
                          .force_disks = command.force_disks,
                          .revert_after = command.revert_after};
    switch (command.verb == Verb::plan ? command.planned : command.verb) {
    case Verb::move:
        request.wish = plan::MoveRequest{.connectors = command.connectors, .to = command.to};
        return request;
    case Verb::apply:
        USBROUTE_CHECK(command.profiles.size() == 1);
        request.wish = plan::ApplyRequest{.profile = command.profiles.front()};
        return request;
    case Verb::toggle: request.wish = plan::ToggleRequest{.profiles = command.profiles}; return request;
    case Verb::undo: return request;
    case Verb::status:
    case Verb::plan:
    case Verb::subscribe:
    case Verb::confirm:
    case Verb::why:
    case Verb::regs: break;
    }
    return std::nullopt;
}

} // namespace usbroute::wire
