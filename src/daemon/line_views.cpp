// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/line_views.hpp"

#include "base/format.hpp"

namespace usbroute::daemon {

std::string place_of(const config::ListenerSettings& listener)
{
    if (const auto* tcp = std::get_if<config::TcpAddress>(&listener.address))
        return format("{} port {}", tcp->host, tcp->port);
    if (const auto* connect = std::get_if<config::ConnectAddress>(&listener.address)) return connect->path;
    return std::get<config::UnixAddress>(listener.address).path;
}

std::vector<config::ListenerSettings> lines_in_use(const Entrances& entrances, std::chrono::milliseconds now)
{
    std::vector<config::ListenerSettings> lines;
    for (const auto& entrance : entrances)
        if (entrance.is_guest() && entrance.speakers > 0 &&
            entrance.allowance.has_room(entrance.settings, now))
            lines.push_back(entrance.settings);
    return lines;
}

std::vector<report::LineView> line_views(const Entrances& entrances, const Guests& guests)
{
    std::vector<report::LineView> views;
    for (const auto& entrance : entrances) {
        if (!entrance.settings.guest) continue;
        const auto& counts = entrance.counts;
        views.push_back({.listener = entrance.name(),
                         .guest = entrance.settings.guest->text(),
                         .place = place_of(entrance.settings),
                         .connected = entrance.clients > 0,
                         .process = guests.process_of(*entrance.settings.guest),
                         .proven = entrance.speakers > 0,
                         .commands = counts.commands,
                         .noise = counts.noise,
                         .partials = counts.partials,
                         .echoes = counts.echoes,
                         .limited = counts.limited});
    }
    return views;
}

} // namespace usbroute::daemon
