// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "report/mask.hpp"
#include "report/table.hpp"
#include "report/views.hpp"

#include <cstdint>
#include <string>

/// Views as text for people, a trailing newline included.
namespace usbroute::report {

enum class Detail : std::uint8_t { brief, full };

[[nodiscard]] std::string status_text(const StatusView& view, const Style& style, Detail detail);
/// The same with the picture between headline and table, where panels have names and the whole fits into that many
/// rows of a terminal (0: no limit). In full detail there is no picture: the table has the places.
[[nodiscard]] std::string status_text(const StatusView& view, const Style& style, Detail detail,
                                      std::size_t rows);
[[nodiscard]] std::string registers_text(const RegistersView& view, const Style& style);
[[nodiscard]] std::string plan_text(const PlanView& view, const Style& style);
[[nodiscard]] std::string mask_text(const MaskView& view, const Style& style);

/// "3-2.1 Logitech USB Keyboard (046d:c31c) in rear-1: windows or host? The host in 42 s"
[[nodiscard]] std::string question_in_words(const QuestionView& question);
/// Those that are open, each with the command that answers it.
[[nodiscard]] std::string questions_text(const std::vector<QuestionView>& open);

/// "profile all-host · the host has all 14 connectors · 9-series chipset", in one line without its end.
[[nodiscard]] std::string headline(const StatusView& view, const Style& style);

/// "xHCI" and "EHCI" as the standards spell them, for "xhci" and "ehci"; "-" for nothing.
[[nodiscard]] std::string side_words(std::string_view side);
/// The same, and of a socket that no mux reaches the word itself: "windows".
[[nodiscard]] std::string words_of_seat(std::string_view word);

} // namespace usbroute::report
