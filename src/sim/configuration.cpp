// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/configuration.hpp"

#include "base/format.hpp"
#include "sim/board.hpp"

#include <string_view>

namespace usbroute::sim {

namespace {

/// The sockets of the keyboard and the mouse, as a TOML array.
std::string desk_sockets()
{
    std::string names;
    for (const auto& socket : sockets()) {
        if (socket.at_start != "keyboard" && socket.at_start != "mouse") continue;
        names += format("{}\"{}\"", names.empty() ? "" : ", ", socket.name);
    }
    return "[" + names + "]";
}

std::string connector_text(const Socket& socket)
{
    auto text = format("[connector.{}]\nmux_bit = {}\n", socket.name, socket.bit.value);
    if (socket.superspeed) text += format("superspeed = {}\n", socket.superspeed->value);
    text += format("panel = \"{}\"\n", socket.panel);
    if (socket.row != 0) text += format("row = {}\ncolumn = {}\n", socket.row, socket.column);
    return text + "\n";
}

} // namespace

std::string configuration_text(const std::string& directory, std::uint16_t port)
{
    std::string text = "# The simulated ASRock Z97E-ITX/ac of usbroute-sim. Written anew at each start.\n\n";
    for (const auto& socket : sockets()) text += connector_text(socket);
    const auto desk = desk_sockets();
    text += format("[guest.windows]\ncontrollers = [\"{}\", \"{}\"]\non_exit = \"return\"\n\n",
                   ehci_function(1).address.text(), ehci_function(2).address.text());
    text += format("[profile.all-host]\n\n"
                   "[profile.desk-on-ehci]\nehci = {}\n\n"
                   "[profile.desk-in-windows]\nwindows = {}\nmay_take_last_keyboard = true\n\n"
                   "[toggle]\nprofiles = [\"all-host\", \"desk-on-ehci\"]\n\n",
                   desk, desk);
    text += format("[listen.control]\nunix = \"{}/run/control.sock\"\n\n", directory);
    text += format("[listen.windows]\nunix = \"{}/run/windows.sock\"\nguest = \"windows\"\n"
                   "allow = [\"toggle\", \"status\", \"confirm\"]\n\n",
                   directory);
    text += format("[listen.netcat]\ntcp = \"127.0.0.1:{}\"\nallow = [\"toggle\", \"status\"]\n", port);
    return text;
}

} // namespace usbroute::sim
