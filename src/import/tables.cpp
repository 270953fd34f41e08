// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"

#include <algorithm>

namespace usbroute::import_ {

namespace {

void add_table_entry(Found& found, std::uint32_t line, const std::string& guest, const std::string& name,
                     std::optional<ToldSocket> socket, std::optional<ToldDevice> device)
{
    auto& told = found.guest(guest, line);
    if (told.libvirt.empty()) told.libvirt = guest;
    found.entries.push_back({.origin = found.at(line),
                             .guest = guest,
                             .socket = std::move(socket),
                             .device = std::move(device),
                             .name = name,
                             .mapping = {},
                             .file = {},
                             .parent_hash = {}});
}

/// `declare -a NAME=("VM" "vvvv:pppp" "SERIAL")`, of which those count that `groups` names.
void read_groups(const std::vector<ShellCommand>& commands, Found& found)
{
    std::vector<std::string> groups;
    bool has_groups = false;
    for (const auto& command : commands)
        if (command.form == ShellCommand::Form::array && command.variable == "groups") {
            has_groups = true;
            if (!command.adds) groups.clear();
            for (const auto& word : command.words) groups.push_back(word.text);
        }
    for (const auto& command : commands) {
        if (command.form != ShellCommand::Form::array || command.variable == "groups") continue;
        const auto& words = command.words;
        if (words.size() < 2 || words.size() > 3) continue;
        if (has_groups && std::ranges::find(groups, command.variable) == groups.end()) {
            found.left(command.line, format("{} is not listed in groups, so the old tool ignored it",
                                            said(command.variable)));
            continue;
        }
        const auto ids = ids_from(words[1].text);
        if (!ids) {
            found.left(command.line, format("{} is not VENDOR:PRODUCT", said(words[1].text)));
            continue;
        }
        auto device = device_of(*ids);
        const auto serial = words.size() > 2 ? words[2].text : std::string();
        if (!serial.empty() && serial != "DONT_KNOW") {
            // It may be the whole of udev's ID_SERIAL.
            (serial.find('_') != std::string::npos ? device.udev_serial : device.serial) = serial;
        }
        add_table_entry(found, command.line, words[0].text, command.variable, {}, std::move(device));
    }
    for (const auto& name : groups)
        if (std::ranges::none_of(commands,
                                 [&](const ShellCommand& command) { return command.variable == name; }))
            found.left(1, format("groups lists {}, but this file has no such array", said(name)));
}

/// "v/p/rev:VM" a line, "*:VM" for the rest.
void read_products(std::string_view text, Found& found)
{
    std::uint32_t number = 0;
    for (auto line : split(text, '\n')) {
        ++number;
        line = trim(line.substr(0, line.find('#')));
        if (line.empty()) continue;
        const auto colon = line.find(':');
        const auto product = trim(line.substr(0, colon));
        const auto guest =
            colon == std::string_view::npos ? std::string() : std::string(trim(line.substr(colon + 1)));
        if (guest.empty()) {
            found.left(number, format("not PRODUCT:VM: {}", said(line)));
            continue;
        }
        if (product == "*") {
            found.left(number, format("* gave {} every device without a line of its own; list its sockets",
                                      said(guest)));
            continue;
        }
        const auto parts = split(product, '/');
        const auto vendor = number_from<std::uint16_t>(parts[0], 16);
        const auto model = parts.size() > 1 ? number_from<std::uint16_t>(parts[1], 16) : std::nullopt;
        if (!vendor || !model) {
            found.left(number, format("{} is not VENDOR/PRODUCT/REVISION", said(product)));
            continue;
        }
        if (parts.size() > 2 && parts[2] != "*")
            found.note(number, "usbroute ignores the revision in PRODUCT");
        add_table_entry(found, number, guest, {}, {}, device_of({.vendor = *vendor, .product = *model}));
    }
}

struct PythonToken {
    char form = 0; ///< 's' a string, else the character itself
    std::string text;
    std::uint32_t line = 0;
};

std::vector<PythonToken> python_tokens(std::string_view text)
{
    std::vector<PythonToken> tokens;
    std::uint32_t line = 1;
    for (std::size_t i = 0; i < text.size() && tokens.size() < 10 * most_entries; ++i) {
        const char c = text[i];
        if (c == '\n') ++line;
        if (c == '#') {
            while (i + 1 < text.size() && text[i + 1] != '\n') ++i;
        } else if (c == '"' || c == '\'') {
            const bool triple = text.substr(i, 3) == std::string(3, c);
            PythonToken token{.form = 's', .text = {}, .line = line};
            i += triple ? 3 : 1;
            for (; i < text.size(); ++i) {
                if (text[i] == '\n') ++line;
                if (triple ? text.substr(i, 3) == std::string(3, c) : (text[i] == c || text[i] == '\n'))
                    break;
                if (text[i] == '\\' && i + 1 < text.size()) ++i;
                token.text += text[i];
            }
            if (triple) i += 2;
            tokens.push_back(std::move(token));
        } else if (std::string_view("()[]{},:=").find(c) != std::string_view::npos) {
            tokens.push_back({.form = c, .text = {}, .line = line});
        } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            if (tokens.empty() || tokens.back().form != 'x')
                tokens.push_back({.form = 'x', .text = {}, .line = line});
        }
    }
    return tokens;
}

/// Of a list of (VM, [DEVPATH, ...]).
void read_python(std::string_view text, Found& found)
{
    const auto tokens = python_tokens(text);
    for (std::size_t i = 0; i + 3 < tokens.size(); ++i) {
        const bool begins = tokens[i].form == 's' &&
                            (tokens[i + 1].form == ',' || tokens[i + 1].form == ':') &&
                            (tokens[i + 2].form == '[' || tokens[i + 2].form == '(');
        if (!begins) continue;
        const auto& guest = tokens[i].text;
        std::vector<std::pair<ToldSocket, std::uint32_t>> sockets;
        bool is_table = false;
        for (auto at = i + 3; at < tokens.size() && tokens[at].form != ']' && tokens[at].form != ')'; ++at) {
            if (tokens[at].form != 's') continue;
            if (auto socket = socket_by_devpath(tokens[at].text)) {
                socket->with_what_begins_alike = !tokens[at].text.ends_with('/');
                sockets.emplace_back(std::move(*socket), tokens[at].line);
                is_table = true;
            } else if (tokens[at].text.starts_with("/")) {
                found.left(tokens[at].line,
                           format("{} is not the path of a USB device", said(tokens[at].text)));
            }
        }
        if (!is_table) continue;
        for (auto& [socket, line] : sockets) add_table_entry(found, line, guest, {}, std::move(socket), {});
    }
    if (found.entries.empty()) found.left(1, "the file has no list of (guest, [DEVPATH, ...])");
}

} // namespace

Result<Found> read_tables(const Source& source)
{
    Found found{.file = source.name,
                .kind = Kind::tables,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    const std::string_view text = source.text;
    if (text.find("/devices/") != std::string_view::npos && text.find("declare -a") == std::string_view::npos)
        read_python(text, found);
    else if (text.find("=(") != std::string_view::npos)
        read_groups(read_shell(text), found);
    else
        read_products(text, found);
    return found;
}

} // namespace usbroute::import_
