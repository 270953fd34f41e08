// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/configuration.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/parse.hpp"

#include <algorithm>
#include <vector>

namespace usbroute::sim {

namespace {

std::string quoted_list(const std::vector<std::string>& names)
{
    const auto quoted = texts_of(names, [](const auto& name) { return format("\"{}\"", name); });
    return "[" + join(quoted, ", ") + "]";
}

/// A dot in a bare key of TOML would begin a table below it.
std::string table_of(std::string_view kind, const std::string& name)
{
    return name.find('.') == std::string::npos ? format("[{}.{}]\n", kind, name)
                                               : format("[{}.\"{}\"]\n", kind, name);
}

/// A monitor that the recording names is played inside the board's directory: `guest start` listens there.
std::string guest_text(const config::GuestSettings& guest, const std::string& directory)
{
    const auto monitor =
        guest.qmp.empty() ? std::string() : format("qmp = \"{}/run/{}.qmp\"\n", directory, guest.name.text());
    const auto controllers = guest.controllers.empty()
                                 ? std::string()
                                 : format("controllers = {}\n", quoted_list(texts_of(guest.controllers)));
    const auto on_move = guest.on_move.empty() || guest.qmp.empty()
                             ? std::string()
                             : format("on_move = {}\n", quoted_list(texts_of(guest.on_move)));
    return table_of("guest", guest.name.text()) + format("{}when_off = \"{}\"\n{}{}\n", controllers,
                                                         config::text_of(guest.when_off), monitor, on_move);
}

/// Sockets that no mux reaches are given to guests through their monitors.
bool has_sockets_to_give(const Board& board)
{
    return board.chip == nullptr && std::ranges::any_of(board.connectors, [](const auto& connector) {
               return connector.spec.is_by_place();
           });
}

/// The guests of the recording; a board with both sides and no guest gets one that may have its EHCIs, and on a board without
/// a mux each has a monitor.
std::vector<config::GuestSettings> guests_of(const Board& board)
{
    auto guests = board.guests;
    if (has_sockets_to_give(board)) {
        if (guests.empty()) guests.push_back({.name = GuestName("windows"), .controllers = {}, .origin = {}});
        for (auto& guest : guests) guest.qmp = "played";
    }
    if (!guests.empty() || board.chip == nullptr) return guests;
    config::GuestSettings windows{.name = GuestName("windows"), .controllers = {}, .origin = {}};
    for (std::size_t number = 1; number <= board.chip->ehcis.size(); ++number)
        if (const auto ehci = board.ehci(static_cast<std::uint8_t>(number)))
            windows.controllers.push_back(board.controllers[*ehci].function->address);
    if (!windows.controllers.empty()) guests.push_back(std::move(windows));
    return guests;
}

/// Connectors that can move, with a keyboard or a mouse in them.
std::vector<const BoardSocket*> desk_sockets(const Board& board)
{
    std::vector<const BoardSocket*> desk;
    for (std::size_t i = 0; i < board.sockets.size(); ++i) {
        const auto& socket = board.sockets[i];
        const auto is_named = std::ranges::any_of(board.connectors, [&](const auto& connector) {
            return connector.spec.name.text() == socket.name;
        });
        const bool can_move = has_sockets_to_give(board) || (socket.bit && socket.on_ehci);
        if (!can_move || !is_named) continue;
        for (const auto& plug : board.plugs)
            if (plug.socket == i && plug.ports.empty() &&
                (plug.model->kind == "keyboard" || plug.model->kind == "mouse")) {
                desk.push_back(&socket);
                break;
            }
    }
    return desk;
}

/// The first guest that may have every EHCI at which these sockets end; null: there is none.
const config::GuestSettings* guest_for(const Board& board, const std::vector<config::GuestSettings>& guests,
                                       const std::vector<const BoardSocket*>& desk)
{
    if (has_sockets_to_give(board)) return guests.data();
    const auto has_all = [&](const config::GuestSettings& guest) {
        return std::ranges::all_of(desk, [&](const BoardSocket* socket) {
            const auto& address = board.controllers[socket->on_ehci->controller].function->address;
            return std::ranges::find(guest.controllers, address) != guest.controllers.end();
        });
    };
    const auto found = std::ranges::find_if(guests, has_all);
    return found == guests.end() ? nullptr : &*found;
}

} // namespace

std::string configuration_text(const Board& board, const std::string& directory, std::uint16_t port)
{
    auto text = format("# The simulated {} of usbroute-sim. Rewritten at each start.\n\n", board.title);
    for (const auto& connector : board.connectors) text += config::to_toml(connector) + "\n";
    for (const auto& hub : board.hubs) text += config::to_toml(hub) + "\n";
    const auto guests = guests_of(board);
    for (const auto& guest : guests) text += guest_text(guest, directory);

    text += "[profile.all-host]\n\n";
    const auto desk = desk_sockets(board);
    const auto names = texts_of(desk, [](const auto* socket) { return socket->name; });
    if (!desk.empty()) {
        if (board.chip != nullptr)
            text += format("[profile.desk-on-ehci]\nehci = {}\n\n", quoted_list(names));
        if (const auto* guest = guest_for(board, guests, desk))
            text +=
                table_of("profile", "desk-in-" + guest->name.text()) +
                format("{} = {}\nmay_take_last_keyboard = true\n\n", guest->name.text(), quoted_list(names));
        text += format("[toggle]\nprofiles = [\"all-host\", \"{}\"]\n\n",
                       board.chip != nullptr ? std::string("desk-on-ehci")
                                             : "desk-in-" + guests.front().name.text());
    }
    text += format("[listen.control]\nunix = \"{}/run/control.sock\"\n\n", directory);
    const auto name = guests.empty() ? std::string() : guests.front().name.text();
    if (!name.empty() && name != "control" && name != "netcat") {
        text += table_of("listen", name) + format("unix = \"{}/run/{}.sock\"\nguest = \"{}\"\n"
                                                  "allow = [\"toggle\", \"status\", \"confirm\"]\n\n",
                                                  directory, name, name);
    }
    text += format("[listen.netcat]\ntcp = \"127.0.0.1:{}\"\nallow = [\"toggle\", \"status\"]\n", port);
    return text;
}

} // namespace usbroute::sim
