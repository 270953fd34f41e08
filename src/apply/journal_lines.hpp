// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/journal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The lines of the journal, one at a time; journal.cpp knows what they come to together.
namespace usbroute::apply::lines {

/// Of the file: version 3 has a change's shifts as bits of two registers, and in version 2, that of 0.1, a change's kind is
/// how its title begins.
enum class Version : std::uint8_t { two, three, four };

inline constexpr std::string_view nothing = "-";

/// The words of a line; the first one says what it tells of.
using Fields = std::vector<std::string_view>;

/// As it comes out however often it is written and read: the second time cuts what escapes have made longer.
[[nodiscard]] std::string settled(std::string_view text);

/// Between any text and one word of a line; "-" is the empty one.
[[nodiscard]] std::string one_word(std::string text);
[[nodiscard]] std::string from_one_word(std::string_view word);

[[nodiscard]] std::string_view word_of(plan::ChangeKind kind);
[[nodiscard]] std::optional<plan::ChangeKind> kind_from(std::string_view word);
[[nodiscard]] std::optional<Stamp> stamp_from(std::string_view when, std::string_view who);
/// The words of a line from there on.
[[nodiscard]] std::string title_from(const Fields& fields, std::size_t first);

/// "WORD KIND CONTROLLER WHEN WHO SHIFTS TITLE"
[[nodiscard]] std::optional<Entry> entry_from(const Fields& fields);
[[nodiscard]] std::string line_of(std::string_view first_word, const plan::Change& change,
                                  const Stamp& stamp);

/// "may-go BITS", before a change or what stands: `Shift::keyboard_may_go` in version 3.
[[nodiscard]] std::optional<std::uint32_t> may_go_from(const Fields& fields);
/// "WORD KIND CONTROLLER XUSB2PR USB3_PSSEN WHEN WHO OWNERS TITLE": an entry of version 3; version 2 had no KIND.
[[nodiscard]] std::optional<Entry> entry_of_bits(Fields fields, Version version, std::uint32_t may_go);

} // namespace usbroute::apply::lines
