// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/request.hpp"
#include "wire/command.hpp"

#include <optional>

namespace usbroute::wire {

/// What a command wishes: of move, apply, toggle and undo, and of `plan` what it is to plan. Nothing: it changes nothing, and
/// there is nothing to plan. The command is one that `what_is_wrong` finds nothing wrong with.
[[nodiscard]] std::optional<plan::Request> request_in(const Command& command);

} // namespace usbroute::wire
