// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::map {

/// The words that do something; no connector can be called by one of them here.
[[nodiscard]] bool is_command(std::string_view word);
/// "front", "rear", ...: typed alone it means the next free number on that panel.
[[nodiscard]] bool is_panel(std::string_view word);
/// Why `word` cannot be the name of a connector; absent: it can.
[[nodiscard]] std::optional<std::string> why_no_name(std::string_view word);
/// "front-left" is on the panel "front"; empty where the name begins with no panel.
[[nodiscard]] std::string_view panel_of(std::string_view name);
/// A row or a column of a panel: 1 to 99, as the configuration takes it.
[[nodiscard]] std::optional<std::uint32_t> place_number(std::string_view word);
/// "rear-3" is the third on its panel.
[[nodiscard]] std::optional<std::uint32_t> place_of_name(std::string_view name);

/// What can be typed, for a person who asks.
[[nodiscard]] std::string_view help();

} // namespace usbroute::map
