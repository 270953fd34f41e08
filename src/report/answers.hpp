// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/conductor.hpp"
#include "report/why.hpp"
#include "wire/answer.hpp"

#include <string>
#include <vector>

/// What became of a wish, in the words of the protocol.
namespace usbroute::report {

[[nodiscard]] wire::Answer answer_for(const apply::Done& done);
[[nodiscard]] wire::Answer answer_for(const apply::NotDone& why);
/// What the journal knows, for `why`.
[[nodiscard]] std::vector<PastChange> past_changes(const apply::History& history);

} // namespace usbroute::report
