// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/qemu_words.hpp"
#include "import/readers.hpp"

#include <algorithm>

namespace usbroute::import_ {

namespace {

using ShellWords = std::vector<ShellWord>;

bool has_qemu_switch(const ShellWord& word)
{
    const auto& text = word.text;
    return text == "-device" || text == "-usbdevice" || text == "-qmp" || text == "-name" ||
           text.starts_with("usb-host,") || text == "-mon" || text == "-chardev";
}

bool is_qemu(const ShellWord& word)
{
    const auto name = last_name_of(word.text);
    return name.starts_with("qemu-system") || name == "qemu-kvm" || name == "kvm" || name == "qemu" ||
           has_qemu_switch(word);
}

/// As a shell gives them to the program: a variable without quotes is cut at its blanks, and arrays are left out.
ShellWords expanded(const ShellWords& given)
{
    ShellWords expanded;
    for (const auto& word : given) {
        if (word.unknown.find("[@]") != std::string::npos || word.unknown.find("[*]") != std::string::npos)
            continue;
        if (word.is_quoted || !word.unknown.empty() || word.text.find(' ') == std::string::npos) {
            expanded.push_back(word);
            continue;
        }
        for (const auto part : words(word.text))
            expanded.push_back({.text = std::string(part), .line = word.line, .unknown = {}});
    }
    return expanded;
}

/// The commands that start QEMU. Words of arrays of options count as words of the next one.
std::vector<ShellWords> qemu_commands(const std::vector<ShellCommand>& commands)
{
    ShellWords pieces; // of arrays
    std::vector<ShellWords> found;
    for (const auto& command : commands) {
        if (command.form == ShellCommand::Form::array)
            pieces.insert(pieces.end(), command.words.begin(), command.words.end());
        if (command.form != ShellCommand::Form::command || std::ranges::none_of(command.words, is_qemu))
            continue;
        found.push_back(expanded(command.words));
        found.back().insert(found.back().end(), pieces.begin(), pieces.end());
        pieces.clear();
    }
    if (std::ranges::any_of(pieces, has_qemu_switch)) found.push_back(std::move(pieces));
    return found;
}

/// Whether a command gives devices, or names a guest or its monitor.
bool is_of_guest(const ShellWords& command)
{
    return std::ranges::any_of(command, [](const ShellWord& word) {
        return word.text.find("usb-host") != std::string::npos ||
               word.text.find("vfio-pci") != std::string::npos || word.text == "-usbdevice" ||
               word.text == "-qmp" || word.text == "-name";
    });
}

bool has_known_name(const ShellWords& command)
{
    for (std::size_t i = 0; i + 1 < command.size(); ++i)
        if (is_switch(command[i].text, "name") && command[i + 1].unknown.empty()) return true;
    return false;
}

void read_qemu_command(const ShellWords& command, Found& found)
{
    auto guest = stem_of(found.file);
    const auto entries_before = found.entries.size();
    const auto guests_before = found.guests.size();
    read_qemu_words(command, guest, found);
    const bool is_new = found.entries.size() > entries_before || found.guests.size() > guests_before;
    if (is_new && !has_known_name(command)) {
        const auto line = command.front().line;
        found.guest(guest, line).guessed = true;
        found.warn(line,
                   format("the QEMU command has no readable -name; the guest is named {} after the file",
                          said(guest)));
    }
    for (const auto& entry : found.entries)
        if (entry.guest == guest) (void)found.guest(guest, entry.origin.line);
}

void read_qemu_commands(const std::vector<ShellCommand>& commands, Found& found)
{
    for (const auto& command : qemu_commands(commands))
        if (is_of_guest(command)) read_qemu_command(command, found);
}

void read_virsh_commands(const std::vector<ShellCommand>& commands, Found& found)
{
    for (const auto& command : commands) {
        if (command.form != ShellCommand::Form::command) continue;
        Entry entry{.origin = found.at(command.line),
                    .guest = {},
                    .socket = {},
                    .device = {},
                    .name = {},
                    .mapping = {},
                    .file = {},
                    .parent_hash = {}};
        (void)read_virsh_words(command.words, found, std::move(entry));
    }
}

/// /proc/PID/cmdline made text by `tr '\0' '\n'`: an option a line.
bool is_command_line(std::string_view text)
{
    return text.find(' ') == std::string_view::npos && text.find("\n-device\n") != std::string_view::npos;
}

void read_command_line(const Source& source, Found& found)
{
    ShellWords command;
    std::uint32_t line = 0;
    for (const auto part : split(source.text, '\n'))
        command.push_back({.text = std::string(part), .line = ++line, .unknown = {}});
    auto guest = stem_of(source.name);
    read_qemu_words(command, guest, found);
}

} // namespace

Result<Found> read_qemu(const Source& source)
{
    Found found{.file = source.name,
                .kind = Kind::qemu,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    if (is_command_line(source.text))
        read_command_line(source, found);
    else
        read_qemu_commands(read_shell(source.text), found);
    return found;
}

Result<Found> read_script(const Source& source)
{
    Found found{.file = source.name,
                .kind = Kind::script,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    const auto commands = read_shell(source.text);
    read_qemu_commands(commands, found);
    read_virsh_commands(commands, found);
    read_setpci_commands(commands, found);
    return found;
}

} // namespace usbroute::import_
