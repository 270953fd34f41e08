// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "report/views.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// One line for the status bar of a desktop.
namespace usbroute::report {

/// What the line is about, from the most pressing; its word is a class for style sheets.
enum class BarState : std::uint8_t {
    offline,  ///< no daemon answers
    unknown,  ///< the routing registers cannot be read
    question, ///< a rule asks who is to have a device
    trial,    ///< a change goes back by itself unless somebody confirms it
    guest,    ///< a guest has at least one connector
    host,     ///< none has
};

/// "offline", "unknown", "question", "trial", "guest", "host".
[[nodiscard]] std::string_view text_of(BarState state);

struct BarView {
    BarState state = BarState::host;
    std::string text; ///< short: the profile in force, or who has how many: "windows 2"
    std::string profile;
    /// Who has what, without the host: "windows" -> connectors. Also "nobody" and "unknown".
    std::vector<std::pair<std::string, std::vector<std::string>>> owners;
    std::vector<std::string> lines; ///< for a tooltip
};

[[nodiscard]] BarView bar_view(const StatusView& view);
/// Where nobody could be asked.
[[nodiscard]] BarView bar_offline(std::string_view why);

/// The bars whose own form is known.
enum class BarKind : std::uint8_t { waybar, i3blocks, polybar };
/// A piece of a template: text, or a field to be filled in.
enum class BarField : std::uint8_t { text, state, profile, owners };
struct BarTemplate {
    std::vector<std::variant<std::string, BarField>> pieces;
};
using BarFormat = std::variant<BarKind, BarTemplate>;

/// "waybar", "i3blocks", "polybar", or a template: text with {text}, {state}, {profile}, {owners}; "{{" is a brace.
[[nodiscard]] Result<BarFormat> read_bar_format(std::string_view text);

/// Without its end. Waybar and i3blocks get one JSON object.
[[nodiscard]] std::string bar_line(const BarView& view, const BarFormat& format);

} // namespace usbroute::report
