// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/action.hpp"
#include "cli/commands.hpp"

namespace usbroute::cli {

int run_undo(const Invocation& invocation) { return act(invocation, config::Verb::undo); }

} // namespace usbroute::cli
