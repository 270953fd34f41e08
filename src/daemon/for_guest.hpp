// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/machine.hpp"
#include "plan/sight.hpp"
#include "report/views.hpp"
#include "report/why.hpp"
#include "wire/answer.hpp"
#include "wire/event.hpp"

#include <optional>
#include <string>

/// What goes out over a guest's line, cut down to what that guest may know. Pure. Everything that is said on such a
/// line passes through here; what is not named is left out, so that a new field is hidden until somebody lets it through.
namespace usbroute::daemon {

/// Of what was done. Warnings are for the host's people, and in their log.
[[nodiscard]] wire::Answer for_guest(const plan::Sight& sight, const wire::Answer& answer);
/// Of what was not done.
[[nodiscard]] wire::Answer for_guest(const plan::Sight& sight, const NotDone& why);

[[nodiscard]] report::StatusView for_guest(const plan::Sight& sight, const report::StatusView& view);
[[nodiscard]] report::WhyView for_guest(const plan::Sight& sight, const report::WhyView& view);
[[nodiscard]] report::PlanView for_guest(const plan::Sight& sight, const report::PlanView& view);
/// Of a question that it may answer: with the answers that it may give, and without the rule's name.
[[nodiscard]] report::QuestionView for_guest(const plan::Sight& sight, report::QuestionView question);
/// What `plan` says in a line: where sockets would go, and not by which registers.
[[nodiscard]] std::string plan_in_words(const plan::Sight& sight, const plan::Plan& plan);

/// Nothing: it is none of the guest's business.
[[nodiscard]] std::optional<wire::Event> for_guest(const plan::Sight& sight, const wire::Event& event);

/// "rear-1 goes back to host; other sockets move too". Empty: none of the guest's sockets is in the change.
[[nodiscard]] std::string way_back_for(const plan::Sight& sight, const plan::Change& way,
                                       const topology::Snapshot& snapshot, const config::Settings& settings);

} // namespace usbroute::daemon
