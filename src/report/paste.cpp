// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/paste.hpp"

#include "base/format.hpp"

#include <algorithm>

namespace usbroute::report {

namespace {

bool is_plain_in_a_shell(char c)
{
    constexpr std::string_view marks = "%+,-./:=@_";
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           marks.find(c) != std::string_view::npos;
}

} // namespace

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
                "no listener speaks for guest {0}, so its line would lead nowhere; add this to usbroute.toml and reload the daemon (SIGHUP):\n"
                "[listen.{0}]\n"
                "unix = \"/run/usbroute/{0}.sock\"\n"
                "guest = \"{0}\"\n"
                "allow = [\"toggle\", \"status\"]",
                name))
            .with_code("no-guest-line"));
}

std::string shell_word(std::string_view text)
{
    if (!text.empty() && std::ranges::all_of(text, is_plain_in_a_shell)) return std::string(text);
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += R"('\'')";
        else
            out += c;
    }
    return out + "'";
}

std::string xml_text(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '\'': out += "&apos;"; break;
        case '"': out += "&quot;"; break;
        default: out += c;
        }
    }
    return out;
}

} // namespace usbroute::report
