// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/paste.hpp"

#include "base/format.hpp"

#include <algorithm>

namespace usbroute::report {

Result<const config::ListenerSettings*> line_of(const config::Settings& settings, const GuestName& guest)
{
    const auto found = std::ranges::find_if(settings.listeners, [&](const config::ListenerSettings& each) {
        return each.guest == guest && !std::holds_alternative<config::TcpAddress>(each.address);
    });
    if (found != settings.listeners.end()) return &*found;
    const auto& name = guest.text();
    return std::unexpected(
        Error(
            ErrorKind::refused,
            format(
                "no listener speaks for guest {0}, so its line would lead nowhere; add this to usbroute.toml, then sudo usbroute reload:\n"
                "[listen.{0}]\n"
                "unix = \"/run/usbroute/{0}.sock\"\n"
                "guest = \"{0}\"\n"
                "allow = [\"toggle\", \"status\", \"confirm\"]",
                name))
            .with_code("no-guest-line"));
}

std::vector<std::string> filled(std::string_view text, Replacements words)
{
    const auto whole = replaced(text, words);
    auto lines = texts_of(split(whole, '\n'), [](const auto line) { return line; });
    // What follows the last line end is no line.
    if (lines.back().empty()) lines.pop_back();
    return lines;
}

std::string shell_word(std::string_view text)
{
    if (is_plain_word(text, "%+,-./:=@_")) return std::string(text);
    return "'" + replaced(text, {{"'", R"('\'')"}}) + "'";
}

std::string xml_text(std::string_view text)
{
    return replaced(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"'", "&apos;"}, {"\"", "&quot;"}});
}

} // namespace usbroute::report
