// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/machine.hpp"
#include "report/answers.hpp"
#include "report/why.hpp"
#include "wire/answer.hpp"

#include <string>

/// From the protocol's words to the planner's, and back. Pure.
namespace usbroute::daemon {

using report::answer_for;
using report::past_changes;
/// Who has which connector, and the profile in force.
[[nodiscard]] wire::Answer status_answer(const topology::Snapshot& snapshot,
                                         const config::Settings& settings);
/// Every xHCI with its routing registers as they are now.
[[nodiscard]] wire::Answer registers_answer(const topology::Snapshot& snapshot);
/// The commands that would do the same.
[[nodiscard]] std::string steps_in_words(const plan::Plan& plan);

} // namespace usbroute::daemon
