// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "wire/answer.hpp"
#include "wire/event.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Answers and events as JSON.
namespace usbroute::wire {

/// By their words, in either form.
[[nodiscard]] std::optional<Status> status_from(std::string_view word);
[[nodiscard]] std::optional<EventKind> kind_from(std::string_view word);
[[nodiscard]] std::optional<QuestionTurn> turn_from(std::string_view word);

[[nodiscard]] std::string to_json_line(const Answer& answer);
[[nodiscard]] std::string to_json_line(const Event& event);
/// One flat object of texts, in this order.
[[nodiscard]] std::string to_json_line(std::span<const std::pair<std::string, std::string>> fields);
/// The keys of any object, with what texts they have; a value that is not a text is an empty one. Nothing: not an
/// object.
[[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>>
read_json_texts(std::string_view line);
[[nodiscard]] std::optional<Answer> read_json_answer(std::string_view line);
[[nodiscard]] std::optional<Event> read_json_event(std::string_view line);

} // namespace usbroute::wire
