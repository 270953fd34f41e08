// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"

#include <map>

namespace usbroute::import_ {

namespace {

/// "&#039;", "&amp;" and the like, as PHP's htmlspecialchars writes them.
std::string html_decoded(std::string_view text)
{
    std::string plain;
    while (!text.empty()) {
        const auto end = text.front() == '&' ? text.substr(0, 10).find(';') : std::string_view::npos;
        if (end == std::string_view::npos) {
            plain += text.front();
            text.remove_prefix(1);
            continue;
        }
        const auto name = text.substr(1, end - 1);
        const auto known = [&]() -> std::string {
            if (name == "amp") return "&";
            if (name == "quot") return "\"";
            if (name == "apos") return "'";
            if (name == "lt") return "<";
            if (name == "gt") return ">";
            if (name.starts_with("#x") || name.starts_with("#X"))
                if (const auto code = number_from<std::uint32_t>(name.substr(2), 16);
                    code && *code >= 0x20 && *code < 0x7f)
                    return {static_cast<char>(*code)};
            if (name.starts_with("#"))
                if (const auto code = parse_decimal(name.substr(1)); code && *code >= 0x20 && *code < 0x7f)
                    return {static_cast<char>(*code)};
            return std::string(text.substr(0, end + 1));
        }();
        plain += known;
        text.remove_prefix(end + 1);
    }
    return plain;
}

struct UnraidSection {
    std::string name;
    std::uint32_t line = 0;
    std::map<std::string, std::pair<std::string, std::uint32_t>> keys;

    [[nodiscard]] std::string text(const std::string& key) const
    {
        const auto at = keys.find(key);
        return at == keys.end() ? std::string() : at->second.first;
    }
    [[nodiscard]] bool says_yes(const std::string& key) const
    {
        const auto value = lower(text(key));
        return value == "yes" || value == "1" || value == "true" || value == "on";
    }
};

void read_unraid_section(const UnraidSection& section, Found& found)
{
    const auto guest = section.text("VM");
    if (guest.empty()) return;
    auto& told = found.guest(guest, section.line);
    if (told.libvirt.empty()) told.libvirt = guest;
    const auto line_of = [&](const std::string& key) {
        const auto at = section.keys.find(key);
        return at == section.keys.end() ? section.line : at->second.second;
    };
    for (const auto* key : {"connectserial", "connectserialport"})
        if (section.says_yes(key) ||
            (std::string_view(key) == "connectserialport" && !section.text(key).empty() &&
             !section.says_yes("connectserial") && section.text(key) != "no" && section.text(key) != "0"))
            found.left(line_of(key), format("{}: usbroute does not present devices as serial ports", key));
    Entry entry{.origin = found.at(section.line),
                .guest = guest,
                .socket = {},
                .device = {},
                .name = {},
                .mapping = {},
                .file = {},
                .parent_hash = {}};
    if (section.name.starts_with("Port:")) {
        entry.socket = socket_by_bus(trim(std::string_view(section.name).substr(5)));
        if (!entry.socket || entry.socket->ports.empty())
            return found.left(section.line, format("{} is not BUS-PORT", said(section.name)));
    } else {
        ToldDevice device;
        device.udev_serial = section.name;
        entry.device = device;
    }
    const bool on_plug = section.says_yes("autoconnect");
    const bool on_start = section.says_yes("autoconnectstart");
    if (!on_plug && !on_start) {
        entry.only_when_plugged_by_hand = true;
        found.warn(section.line,
                   format("{} was connected only by hand; usbroute gives it whenever its profile is applied",
                          said(section.name)));
    } else if (!on_plug) {
        found.note(
            section.line,
            format("{} was connected only when the VM started; usbroute also gives it when it is plugged in",
                   said(section.name)));
    }
    if (section.says_yes("autoconnectvmstart"))
        found.left(
            line_of("autoconnectvmstart"),
            format("autoconnectvmstart: usbroute does not start or resume {} when a device is plugged in",
                   said(guest)));
    found.entries.push_back(std::move(entry));
}

} // namespace

Result<Found> read_unraid(const Source& source)
{
    Found found{.file = source.name,
                .kind = Kind::unraid,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    std::vector<UnraidSection> sections;
    std::uint32_t number = 0;
    for (const auto full : split(source.text, '\n')) {
        ++number;
        const auto line = trim(full);
        if (line.empty() || line.starts_with(';') || line.starts_with('#')) continue;
        if (line.starts_with('[')) {
            if (!line.ends_with(']')) {
                found.left(number, format("not a [section]: {}", said(line)));
                continue;
            }
            sections.push_back(
                {.name = html_decoded(line.substr(1, line.size() - 2)), .line = number, .keys = {}});
            continue;
        }
        const auto equals = line.find('=');
        if (equals == std::string_view::npos || sections.empty()) {
            found.left(number, format("not key = \"value\" in a section: {}", said(line)));
            continue;
        }
        auto value = trim(line.substr(equals + 1));
        if (value.size() > 1 && (value.front() == '"' || value.front() == '\'') &&
            value.back() == value.front())
            value = value.substr(1, value.size() - 2);
        sections.back().keys[std::string(trim(line.substr(0, equals)))] = {html_decoded(value), number};
    }
    for (const auto& section : sections) read_unraid_section(section, found);
    return found;
}

Result<Found> read_unraid_kept(const Source& source)
{
    Found found{.file = source.name,
                .kind = Kind::unraid_kept,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    std::uint32_t number = 0;
    for (const auto full : split(source.text, '\n')) {
        ++number;
        const auto line = trim(full.substr(0, full.find('#')));
        if (line.empty()) continue;
        const auto word = words(line).front();
        const auto at = word.find('@');
        const auto ids = ids_from(word.substr(0, at));
        Entry entry{.origin = found.at(number),
                    .to = Entry::To::host,
                    .guest = {},
                    .socket = {},
                    .device = {},
                    .name = {},
                    .mapping = {},
                    .file = {},
                    .parent_hash = {}};
        if (!ids) {
            found.left(number, format("{} is not VENDOR:PRODUCT", said(word)));
            continue;
        }
        entry.device = device_of(*ids);
        if (at != std::string_view::npos) {
            entry.socket = socket_by_bus(word.substr(at + 1));
            if (!entry.socket || entry.socket->ports.empty()) {
                found.left(number, format("{} is not BUS-PORT", said(word.substr(at + 1))));
                continue;
            }
        }
        found.entries.push_back(std::move(entry));
    }
    return found;
}

} // namespace usbroute::import_
