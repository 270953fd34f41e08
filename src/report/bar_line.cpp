// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/bar_line.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "wire/json_forms.hpp"

namespace usbroute::report {

namespace {

/// Colours of the bars that have no style sheet; the text says the same. Empty: the bar's own.
std::string_view colour_of(BarState state)
{
    switch (state) {
    case BarState::offline:
    case BarState::unknown: return "#fb4934";
    case BarState::question:
    case BarState::trial: return "#fabd2f";
    case BarState::guest: return "#83a598";
    case BarState::host: return "";
    }
    return "";
}

/// Waybar takes text and tooltip for Pango markup.
std::string without_markup(std::string_view text)
{
    return replaced(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

using KeysAndTexts = std::vector<std::pair<std::string, std::string>>;

/// waybar-custom(5), "return-type": "json".
std::string for_waybar(const BarView& view)
{
    const std::string state(text_of(view.state));
    return wire::to_json_line(KeysAndTexts{{"text", without_markup(view.text)},
                                           {"alt", state},
                                           {"class", state},
                                           {"tooltip", without_markup(join(view.lines, "\n"))}});
}

/// The keys of the i3bar protocol, as i3blocks(1) takes them with format=json.
std::string for_i3blocks(const BarView& view)
{
    KeysAndTexts keys{{"full_text", view.text}, {"short_text", std::string(text_of(view.state))}};
    // Where it is left out, the block's own comes back: i3blocks forgets the last line before it reads the next.
    if (const auto colour = colour_of(view.state); !colour.empty()) keys.emplace_back("color", colour);
    return wire::to_json_line(keys);
}

/// Its formatting tags; "%" begins one, and "%%" is the sign.
std::string for_polybar(const BarView& view)
{
    const auto text = replaced(view.text, {{"%", "%%"}});
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

std::string field_text(const BarView& view, BarField field)
{
    switch (field) {
    case BarField::text: return view.text;
    case BarField::state: return std::string(text_of(view.state));
    case BarField::profile: return view.profile;
    case BarField::owners: return owners_of(view);
    }
    return {};
}

std::string put_into(const BarTemplate& wanted, const BarView& view)
{
    std::string line;
    for (const auto& piece : wanted.pieces) {
        if (const auto* field = std::get_if<BarField>(&piece))
            line += field_text(view, *field);
        else
            line += std::get<std::string>(piece);
    }
    return line;
}

} // namespace

std::string bar_line(const BarView& view, const BarFormat& format)
{
    if (const auto* wanted = std::get_if<BarTemplate>(&format)) return put_into(*wanted, view);
    switch (std::get<BarKind>(format)) {
    case BarKind::waybar: return for_waybar(view);
    case BarKind::i3blocks: return for_i3blocks(view);
    case BarKind::polybar: return for_polybar(view);
    }
    return {};
}

} // namespace usbroute::report
