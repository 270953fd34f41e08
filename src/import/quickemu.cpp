// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"

namespace usbroute::import_ {

namespace {

/// What an assignment of `usb_devices` leaves in it.
void take_usb_devices(const ShellCommand& command, std::vector<ShellWord>& devices)
{
    if (!command.adds) devices.clear();
    if (command.form != ShellCommand::Form::assignment) {
        devices.insert(devices.end(), command.words.begin(), command.words.end());
        return;
    }
    const auto& value = command.words.front();
    for (const auto part : words(value.text))
        devices.push_back({.text = std::string(part), .line = command.line, .unknown = value.unknown});
    if (!value.unknown.empty() && value.text.empty()) devices.push_back(value);
}

void read_extra_args(const ShellCommand& command, std::string guest, Found& found)
{
    std::vector<ShellWord> given;
    for (const auto& word : command.words)
        for (const auto part : words(word.text))
            given.push_back({.text = std::string(part), .line = word.line, .unknown = {}});
    read_qemu_words(given, guest, found);
}

void take_usb_device(const ShellWord& word, const std::string& guest, Found& found)
{
    if (!word.unknown.empty())
        return found.left(word.line, format("{} is known only at run time", printable(word.unknown, 64)));
    const auto ids = ids_from(word.text);
    if (!ids) return found.left(word.line, format("{} is not VENDOR:PRODUCT", said(word.text)));
    found.entries.push_back({.origin = found.at(word.line),
                             .guest = guest,
                             .socket = {},
                             .device = device_of(*ids),
                             .name = {},
                             .mapping = {},
                             .file = {},
                             .parent_hash = {}});
}

} // namespace

Result<Found> read_quickemu(const Source& source)
{
    Found found{.file = source.name,
                .kind = Kind::quickemu,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    const auto guest = stem_of(source.name);
    std::vector<ShellWord> devices;
    for (const auto& command : read_shell(source.text)) {
        if (command.form == ShellCommand::Form::command) {
            if (!command.words.empty() && command.words.front().text.find("usb_devices") != std::string::npos)
                found.left(command.line,
                           format("the script is not run: {}", said(command.words.front().text)));
        } else if (command.variable == "usb_devices") {
            take_usb_devices(command, devices);
        } else if (command.variable == "extra_args") {
            read_extra_args(command, guest, found);
        }
    }
    auto& told = found.guest(guest, 1);
    if (told.qmp.empty())
        told.no_monitor = format(
            R"(quickemu's own monitor speaks HMP, which is for people; set extra_args="-qmp unix:/run/usbroute/{}.qmp,server=on,wait=off")",
            printable(guest, 64));
    for (const auto& word : devices) take_usb_device(word, guest, found);
    return found;
}

} // namespace usbroute::import_
