// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"
#include "import/yaml_tree.hpp"

#include <algorithm>
#include <array>

namespace usbroute::import_ {

namespace {

bool has_text(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

/// The first line that says something: no blank one, no comment.
std::string_view first_line(std::string_view text)
{
    for (const auto line : split(text, '\n')) {
        const auto plain = trim(line);
        if (!plain.empty() && !plain.starts_with('#')) return plain;
    }
    return {};
}

/// Empty where there is none.
std::string_view first_word(std::string_view line)
{
    const auto all = words(line);
    return all.empty() ? std::string_view() : all.front();
}

template <class Test> bool any_line(std::string_view text, const Test& test)
{
    for (const auto line : split(text, '\n')) {
        const auto plain = trim(line);
        if (!plain.empty() && !plain.starts_with('#') && test(plain)) return true;
    }
    return false;
}

std::optional<Kind> kind_of_json(std::string_view text)
{
    if (has_text(text, "\"usbPassthrough\"") || has_text(text, "\"pciPassthrough\"") ||
        has_text(text, "\"evdevPassthrough\""))
        return Kind::vhotplug;
    if (has_text(text, "\"bus\"") && has_text(text, "\"path\"")) return Kind::microvm;
    return std::nullopt;
}

bool is_udev_line(std::string_view line)
{
    constexpr std::array<std::string_view, 15> keys{"SUBSYSTEM", "ACTION", "KERNEL",  "ATTR",   "ENV",
                                                    "DEVPATH",   "RUN",    "LABEL",   "GOTO",   "TAG",
                                                    "DRIVER",    "TEST",   "PROGRAM", "IMPORT", "SYMLINK"};
    const auto starts =
        std::ranges::any_of(keys, [&](std::string_view key) { return line.starts_with(key); });
    return starts && (has_text(line, "=\"") || has_text(line, "= \""));
}

bool is_usbguard_line(std::string_view line)
{
    const auto first = first_word(line);
    return first == "allow" || first == "block" || first == "reject";
}

/// "usb0: host=1-2" and the like, of a configuration of Proxmox.
bool is_proxmox_line(std::string_view line)
{
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    auto key = line.substr(0, colon);
    const auto value = trim(line.substr(colon + 1));
    const auto begins = [&](std::string_view name) {
        return key.starts_with(name) && key.size() > name.size() &&
               std::ranges::all_of(key.substr(name.size()), [](char c) { return c >= '0' && c <= '9'; });
    };
    if (begins("usb"))
        return value.starts_with("host=") || value.starts_with("mapping=") || value.starts_with("spice") ||
               ids_from(value.substr(0, value.find(','))) || has_text(value, "host=") ||
               has_text(value, "mapping=") || socket_by_bus(value.substr(0, value.find(','))).has_value();
    return begins("hostpci") || key == "scsihw" || key == "ostype" || key == "vmgenid" || key == "onboot";
}

bool is_mapping_line(std::string_view line)
{
    return line.starts_with("map ") && has_text(line, "node=") && has_text(line, "id=");
}

bool is_yaml_key(std::string_view line, std::string_view key)
{
    return line == std::string(key) + ":" || line.starts_with(std::string(key) + ": ");
}

/// "v/p/rev:VM" of the table of chrisharper's scripts.
bool is_product_line(std::string_view line)
{
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const auto product = line.substr(0, colon);
    return std::ranges::count(product, '/') == 2 && std::ranges::all_of(product, [](char c) {
               return c == '/' || c == '*' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
                      (c >= 'A' && c <= 'F');
           });
}

std::optional<Kind> kind_of_script(std::string_view text)
{
    const bool is_quickemu = any_line(text, [](std::string_view line) {
        return line.starts_with("usb_devices=") || line.starts_with("usb_devices+=") ||
               line.starts_with("guest_os=");
    });
    if (is_quickemu) return Kind::quickemu;
    const bool is_table = any_line(text, [](std::string_view line) {
        return (line.starts_with("declare -a") && has_text(line, "=(")) || line.starts_with("groups=(");
    });
    if (is_table && has_text(text, "virsh")) return Kind::tables;
    if (is_table && has_text(text, "groups")) return Kind::tables;
    const bool setpci = any_line(text, [](std::string_view line) { return has_text(line, "setpci"); });
    const bool qemu = any_line(text, [](std::string_view line) {
        return has_text(line, "qemu-system") || has_text(line, "usb-host") || has_text(line, "-usbdevice") ||
               has_text(line, "vfio-pci,") || has_text(line, "qemu-kvm");
    });
    const bool virsh = any_line(text, [](std::string_view line) {
        return has_text(line, "virsh") &&
               (has_text(line, "attach-device") || has_text(line, "detach-device"));
    });
    if (setpci && !qemu && !virsh) return Kind::setpci;
    if (qemu && !setpci && !virsh) return Kind::qemu;
    if (setpci || qemu || virsh) return Kind::script;
    return std::nullopt;
}

bool is_python_table(std::string_view text)
{
    const bool python =
        has_text(text, "import ") || has_text(text, "#!/usr/bin/env python") || has_text(text, "python");
    return python && has_text(text, "/devices/") && (has_text(text, "libvirt") || has_text(text, "virsh"));
}

} // namespace

std::optional<UsbIds> ids_from(std::string_view text)
{
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto half = [](std::string_view word) -> std::optional<std::uint16_t> {
        if (word.starts_with("0x") || word.starts_with("0X")) word.remove_prefix(2);
        if (word.empty() || word.size() > 4) return std::nullopt;
        return number_from<std::uint16_t>(word, 16);
    };
    const auto vendor = half(text.substr(0, colon));
    const auto product = half(text.substr(colon + 1));
    if (!vendor || !product) return std::nullopt;
    return UsbIds{.vendor = *vendor, .product = *product};
}

bool is_octal(std::string_view text)
{
    return text.size() > 1 && text.front() == '0' &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '7'; }) &&
           number_from<std::uint32_t>(text, 8) != number_from<std::uint32_t>(text);
}

std::optional<std::uint32_t> c_number(std::string_view text)
{
    if (text.starts_with("0x") || text.starts_with("0X"))
        return number_from<std::uint32_t>(text.substr(2), 16);
    if (text.size() > 1 && text.front() == '0') return number_from<std::uint32_t>(text.substr(1), 8);
    return number_from<std::uint32_t>(text);
}

ToldDevice device_of(const UsbIds& ids)
{
    ToldDevice device;
    device.vendor = ids.vendor;
    device.product = ids.product;
    return device;
}

std::string said(std::string_view text) { return "\"" + printable(text, 160) + "\""; }

Result<Kind> kind_of(const Source& source)
{
    const std::string_view text = source.text;
    const auto begin = trim(text);
    const auto file = last_name_of(source.name);
    const auto first = first_line(text);
    if (begin.empty()) return bad_input(source, 0, "the file is empty");
    if (begin.starts_with('<')) return Kind::libvirt;
    if (file.ends_with(".nix"))
        return bad_input(
            source, 0,
            "only Nix can evaluate this file; import what the system builds from it: /etc/udev/rules.d, vhotplug's JSON, USBGuard's rules, or what `nix eval --json .#nixosConfigurations.NAME.config.microvm.devices` prints");
    if (begin.starts_with('{') || begin.starts_with('['))
        if (const auto kind = kind_of_json(text)) return *kind;
    if (file == "vm_mappings.cfg" ||
        (first.starts_with('[') && first.ends_with(']') &&
         any_line(text, [](auto line) { return line.starts_with("VM") && has_text(line, "="); })))
        return Kind::unraid;
    if (any_line(text, is_mapping_line)) return Kind::proxmox_mapping;
    if (is_usbguard_line(first)) return Kind::usbguard;
    if (is_python_table(text)) return Kind::tables;
    if (const auto kind = kind_of_script(text); kind && !is_udev_line(first)) {
        const bool is_pve = any_line(text, [](auto line) { return line.starts_with("args:"); }) ||
                            any_line(text, is_proxmox_line);
        if (!is_pve) return *kind;
    }
    if (any_line(text, is_udev_line)) return Kind::udev;
    if (any_line(text, is_proxmox_line)) return Kind::proxmox;
    const auto is_word = [](std::string_view key) {
        return [key](std::string_view line) { return is_yaml_key(line, key); };
    };
    if (any_line(text, is_word("machines")) ||
        (any_line(text, is_word("devices")) && !any_line(text, is_word("hubs"))))
        return Kind::whawty;
    if (any_line(text, is_word("ports")) || any_line(text, is_word("hubs"))) return Kind::hotplugger;
    if (any_line(text, is_product_line)) return Kind::tables;
    if (file == "usb-hotplug.cfg" || ids_from(first_word(first).substr(0, first_word(first).find('@'))))
        return Kind::unraid_kept;
    if (has_text(text, "nixosConfigurations") || has_text(text, "services.udev") ||
        has_text(text, "{ config,"))
        return bad_input(
            source, 0,
            "this looks like Nix, which only Nix can evaluate; import what the system builds from it");
    std::vector<std::string> kinds;
    for (const auto kind : all_kinds()) kinds.emplace_back(text_of(kind));
    return bad_input(
        source, 0,
        format("cannot tell which tool this file belongs to; if you know, use --kind {}", join(kinds, "|")));
}

Result<Found> read_file_of(const Source& given, std::optional<Kind> kind)
{
    if (auto why = why_no_text(given)) return std::unexpected(std::move(*why));
    const Source source{.name = given.name, .text = plain_text(given.text)};
    if (!kind) {
        const auto seen = kind_of(source);
        if (!seen) return std::unexpected(seen.error());
        kind = *seen;
    }
    switch (*kind) {
    case Kind::hotplugger: return read_hotplugger(source);
    case Kind::vhotplug: return read_vhotplug(source);
    case Kind::whawty: return read_whawty(source);
    case Kind::libvirt: return read_libvirt(source);
    case Kind::udev: return read_udev(source);
    case Kind::tables: return read_tables(source);
    case Kind::proxmox: return read_proxmox(source);
    case Kind::proxmox_mapping: return read_proxmox_mapping(source);
    case Kind::qemu: return read_qemu(source);
    case Kind::unraid: return read_unraid(source);
    case Kind::unraid_kept: return read_unraid_kept(source);
    case Kind::usbguard: return read_usbguard(source);
    case Kind::quickemu: return read_quickemu(source);
    case Kind::microvm: return read_microvm(source);
    case Kind::setpci: return read_setpci(source);
    case Kind::script: return read_script(source);
    }
    return bad_input(source, 0, "unknown kind of file");
}

} // namespace usbroute::import_
