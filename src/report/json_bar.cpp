// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/bar_line.hpp"
#include "report/json_text.hpp"

namespace usbroute::report {

namespace {

/// Colours of the bars that have no style sheet; the text says the same. Empty: the bar's own.
std::string_view colour_of(BarState state)
{
    switch (state) {
    case BarState::offline:
    case BarState::unknown: return "#fb4934";
    case BarState::trial: return "#fabd2f";
    case BarState::guest: return "#83a598";
    case BarState::host: return "";
    }
    return "";
}

/// Waybar takes text and tooltip for Pango markup.
std::string without_markup(std::string_view text)
{
    std::string safe;
    for (const char c : text) {
        switch (c) {
        case '&': safe += "&amp;"; break;
        case '<': safe += "&lt;"; break;
        case '>': safe += "&gt;"; break;
        default: safe += c;
        }
    }
    return safe;
}

/// waybar-custom(5), "return-type": "json".
std::string for_waybar(const BarView& view)
{
    return written({{"text", without_markup(view.text)},
                    {"alt", text_of(view.state)},
                    {"class", text_of(view.state)},
                    {"tooltip", without_markup(join(view.lines, "\n"))}});
}

/// The keys of the i3bar protocol, as i3blocks(1) takes them with format=json.
std::string for_i3blocks(const BarView& view)
{
    Json json{{"full_text", view.text}, {"short_text", text_of(view.state)}};
    // Where it is left out, the block's own comes back: i3blocks forgets the last line before it reads the next.
    if (const auto colour = colour_of(view.state); !colour.empty()) json["color"] = colour;
    return written(json);
}

/// Its formatting tags; "%" begins one, and "%%" is the sign.
std::string for_polybar(const BarView& view)
{
    std::string text;
    for (const char c : view.text) text += c == '%' ? "%%" : std::string(1, c);
    const auto colour = colour_of(view.state);
    return colour.empty() ? text : format("%{{F{}}}{}%{{F-}}", colour, text);
}

std::string owners_of(const BarView& view)
{
    std::vector<std::string> shares;
    for (const auto& [owner, connectors] : view.owners)
        shares.push_back(format("{}={}", owner, join(connectors, ",")));
    return join(shares, " ");
}

std::string filled(const BarView& view, BarField field)
{
    switch (field) {
    case BarField::text: return view.text;
    case BarField::state: return std::string(text_of(view.state));
    case BarField::profile: return view.profile;
    case BarField::owners: return owners_of(view);
    }
    return {};
}

std::string filled(const BarView& view, const BarTemplate& wanted)
{
    std::string line;
    for (const auto& piece : wanted.pieces) {
        if (const auto* field = std::get_if<BarField>(&piece))
            line += filled(view, *field);
        else
            line += std::get<std::string>(piece);
    }
    return line;
}

} // namespace

std::string bar_line(const BarView& view, const BarFormat& format)
{
    if (const auto* wanted = std::get_if<BarTemplate>(&format)) return filled(view, *wanted);
    switch (std::get<BarKind>(format)) {
    case BarKind::waybar: return for_waybar(view);
    case BarKind::i3blocks: return for_i3blocks(view);
    case BarKind::polybar: return for_polybar(view);
    }
    return {};
}

} // namespace usbroute::report
