// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The pieces that answers and events are made of.
namespace usbroute::wire {

using Owners = std::vector<std::pair<std::string, std::vector<std::string>>>;

/// Text that stays on its line whatever it holds.
[[nodiscard]] std::string one_line(std::string_view text);

/// Appends " profile owner=a,b owner=c".
void append_owners(std::string& line, const std::optional<std::string>& profile, const Owners& owners);

/// Takes the words that `append_owners` wrote off the front of `text`, up to the end or to " -- ".
void take_owners(std::string_view& text, std::optional<std::string>& profile, Owners& owners);

/// Takes the first word off the front of `text`.
[[nodiscard]] std::string_view take_word(std::string_view& text);

} // namespace usbroute::wire
