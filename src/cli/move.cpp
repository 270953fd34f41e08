// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/action.hpp"
#include "cli/commands.hpp"

namespace usbroute::cli {

int run_move(const Invocation& invocation) { return act(invocation, config::Verb::move); }

} // namespace usbroute::cli
