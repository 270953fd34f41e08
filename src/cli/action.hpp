// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "cli/options.hpp"
#include "plan/request.hpp"
#include "wire/answer.hpp"

#include <string_view>

/// What move, answer, apply, toggle and undo have in common.
namespace usbroute::cli {

/// The request of a verb and its words. An error where a word cannot be a name: such a one is nobody's, and on
/// the wire it would come out as something else.
[[nodiscard]] Result<plan::Request> request_from(config::Verb verb, const std::vector<std::string>& words,
                                                 const Options& options);

/// Does it, or shows the plan where --dry-run asks for that. On success quiet for scripts.
[[nodiscard]] int act(const Invocation& invocation, config::Verb verb);
/// What a change, or a confirmation, came to: a line at a terminal. `otherwise`: in place of sockets, where it names none.
[[nodiscard]] int show_done(const Options& options, const Result<wire::Answer>& answer,
                            std::string_view otherwise = "done");
/// Shows what the request would do.
[[nodiscard]] int show_plan(const Options& options, const plan::Request& request);

} // namespace usbroute::cli
