// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"

#include <algorithm>

namespace usbroute::import_ {

namespace {

struct ProxmoxLine {
    std::uint32_t line = 0;
    std::string key;
    std::string value;
};

/// The number behind a key, "usb3".
std::optional<std::uint32_t> slot_of(std::string_view key, std::string_view name)
{
    if (!key.starts_with(name)) return std::nullopt;
    return parse_decimal(key.substr(name.size()));
}

Entry proxmox_entry(const Found& found, std::uint32_t line, const std::string& guest)
{
    return {.origin = found.at(line),
            .guest = guest,
            .socket = {},
            .device = {},
            .name = {},
            .mapping = {},
            .file = {},
            .parent_hash = {}};
}

constexpr std::uint32_t last_usb_slot = 13; // from machine 7.1 on; 4 before

void read_proxmox_usb(const ProxmoxLine& line, const std::string& guest, Found& found)
{
    if (slot_of(line.key, "usb") > last_usb_slot)
        return found.left(
            line.line,
            format("{}: Proxmox has only usb0 to usb{} and does not start a machine with this line", line.key,
                   last_usb_slot));
    std::string host;
    std::string mapping;
    for (const auto part : split(line.value, ',')) {
        const auto word = trim(part);
        const auto equals = word.find('=');
        const auto key = equals == std::string_view::npos ? std::string_view("host") : word.substr(0, equals);
        const auto value = equals == std::string_view::npos ? word : word.substr(equals + 1);
        if (key == "host")
            host = value;
        else if (key == "mapping")
            mapping = value;
        else if (key != "usb3")
            found.left(line.line, format("{} of {} is unknown", said(word), line.key));
    }
    auto entry = proxmox_entry(found, line.line, guest);
    if (!mapping.empty()) {
        entry.mapping = mapping;
    } else if (host == "spice") {
        return found.left(
            line.line,
            format("{} is for devices of a remote viewer (spice), not for a socket of this machine",
                   line.key));
    } else if (const auto ids = ids_from(host)) {
        entry.device = device_of(*ids);
    } else if (auto socket = socket_by_bus(host); socket && !socket->ports.empty()) {
        entry.socket = std::move(socket);
    } else {
        return found.left(line.line,
                          format("{} of {} is neither BUS-PORT nor VENDOR:PRODUCT", said(host), line.key));
    }
    found.entries.push_back(std::move(entry));
}

void read_hostpci(const ProxmoxLine& line, const std::string& guest, Found& found)
{
    for (const auto part : split(line.value, ',')) {
        const auto equals = part.find('=');
        const auto key = equals == std::string_view::npos ? std::string_view("host") : part.substr(0, equals);
        const auto value = equals == std::string_view::npos ? part : part.substr(equals + 1);
        if (key == "mapping") {
            found.left(
                line.line,
                format(
                    "the PCI mapping {} is defined in mapping/pci.cfg; list its USB controllers in `controllers`",
                    said(value)));
            continue;
        }
        if (key != "host") continue;
        for (const auto one : split(value, ';')) {
            auto text = std::string(trim(one));
            const bool all_functions = text.find('.') == std::string::npos;
            if (all_functions) text += ".0";
            const auto address = PciAddress::parse(text);
            if (!address) {
                found.left(line.line, format("{} of {} is not a PCI address", said(one), line.key));
                continue;
            }
            auto& told = found.guest(guest, line.line);
            (all_functions ? told.slots : told.functions).emplace_back(*address, found.at(line.line));
        }
    }
}

} // namespace

Result<Found> read_proxmox(const Source& source)
{
    Found found{.file = source.name,
                .kind = Kind::proxmox,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    std::vector<ProxmoxLine> lines;
    std::uint32_t number = 0;
    std::string section;
    bool said_section = false;
    for (const auto full : split(source.text, '\n')) {
        ++number;
        const auto line = trim(full);
        if (line.empty() || line.starts_with('#')) continue;
        if (line.starts_with('[') && line.ends_with(']')) {
            section = line.substr(1, line.size() - 2);
            said_section = false;
            continue;
        }
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) {
            found.left(number, format("not \"key: value\": {}", said(line)));
            continue;
        }
        ProxmoxLine one{.line = number,
                        .key = std::string(trim(line.substr(0, colon))),
                        .value = std::string(trim(line.substr(colon + 1)))};
        const bool is_usb = slot_of(one.key, "usb") || slot_of(one.key, "hostpci");
        if (!section.empty()) {
            const bool deletes = one.key == "delete" && (one.value.find("usb") != std::string::npos ||
                                                         one.value.find("hostpci") != std::string::npos);
            if (!is_usb && !deletes) continue;
            if (section == "PENDING")
                found.left(number, format("{} is pending, not in effect yet",
                                          one.key == "delete" ? said("delete: " + one.value) : one.key));
            else if (!said_section)
                found.left(number, format("{} belongs to the snapshot {}, not to the current configuration",
                                          one.key, said(section)));
            said_section = true;
            continue;
        }
        lines.push_back(std::move(one));
    }
    const auto id = stem_of(source.name);
    auto guest = id;
    for (const auto& line : lines)
        if (line.key == "name" && !line.value.empty()) guest = line.value;
    const bool has_id = parse_decimal(id).has_value();
    auto& told = found.guest(guest, 1);
    if (has_id)
        told.qmp = format("/var/run/qemu-server/{}.qmp", id);
    else
        found.warn(
            1,
            format(
                "the file is not named after its VMID, so the QMP socket /var/run/qemu-server/VMID.qmp of {} is unknown",
                said(guest)));
    for (const auto& line : lines) {
        if (slot_of(line.key, "usb")) read_proxmox_usb(line, guest, found);
        if (slot_of(line.key, "hostpci")) read_hostpci(line, guest, found);
        if (line.key == "args") {
            const auto commands = read_shell(line.value);
            for (const auto& command : commands) {
                auto words = command.words;
                for (auto& word : words) word.line = line.line;
                auto named = guest;
                read_qemu_words(words, named, found);
            }
        }
    }
    if (has_id)
        found.note(
            1, format("Proxmox uses the monitor of {} itself; it has to wait whenever usbroute is connected",
                      said(guest)));
    return found;
}

Result<Found> read_proxmox_mapping(const Source& source)
{
    Found found{.file = source.name,
                .kind = Kind::proxmox_mapping,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    std::uint32_t number = 0;
    std::string id;
    for (const auto full : split(source.text, '\n')) {
        ++number;
        const auto line = trim(full);
        if (line.empty() || line.starts_with('#')) continue;
        if (full.front() != '\t' && full.front() != ' ') {
            id = std::string(line.ends_with(':') ? line.substr(0, line.size() - 1) : line);
            continue;
        }
        if (!line.starts_with("map ")) continue;
        std::string node;
        std::string ids;
        std::string path;
        for (const auto part : split(trim(line.substr(4)), ',')) {
            const auto equals = part.find('=');
            if (equals == std::string_view::npos) continue;
            const auto key = trim(part.substr(0, equals));
            const auto value = trim(part.substr(equals + 1));
            if (key == "node") node = value;
            if (key == "id") ids = value;
            if (key == "path") path = value;
        }
        const auto expected = ids_from(ids);
        if (!expected) {
            found.left(number, format("the mapping {} has no device id", said(id)));
            continue;
        }
        auto entry = proxmox_entry(found, number, {});
        entry.mapping = id;
        entry.name = id;
        entry.node = node;
        entry.device = device_of(*expected);
        if (!path.empty()) {
            entry.socket = socket_by_bus(path);
            if (!entry.socket || entry.socket->ports.empty()) {
                found.left(number, format("path {} of the mapping {} is not BUS-PORT", said(path), said(id)));
                continue;
            }
            entry.device_is_expected = true;
        }
        found.entries.push_back(std::move(entry));
    }
    return found;
}

} // namespace usbroute::import_
