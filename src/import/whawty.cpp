// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "import/patterns.hpp"
#include "import/readers.hpp"
#include "import/yaml_tree.hpp"

namespace usbroute::import_ {

namespace {

/// What udev's environment says of a device, as far as it has a counterpart.
struct WhawtyEntry {
    Found& found;
    ToldDevice device;
    bool has_device = false;
    std::optional<ToldSocket> socket;
    bool is_whole = true; ///< every condition was taken over
};

void take_whawty_text(WhawtyEntry& entry, std::uint32_t line, const std::string& name,
                      const std::string& text)
{
    const auto no = [&](std::string why) {
        entry.found.left(line, std::move(why));
        entry.is_whole = false;
    };
    const auto take_socket = [&](std::optional<ToldSocket> socket) {
        if (!socket)
            return no(format("{} in {} is not the path of a USB device", said(text), printable(name, 64)));
        entry.socket = std::move(socket);
    };
    if (name == "ID_PATH" || name == "ID_PATH_WITH_USB_REVISION") return take_socket(socket_by_id_path(text));
    if (name == "DEVPATH") return take_socket(socket_by_devpath(text));
    const auto hex = [&]() { return number_from<std::uint16_t>(text, 16); };
    if (name == "ID_VENDOR_ID" || name == "ID_MODEL_ID") {
        const auto number = hex();
        if (!number)
            return no(
                format("{} in {} is not an id of four hexadecimal digits", said(text), printable(name, 64)));
        (name == "ID_VENDOR_ID" ? entry.device.vendor : entry.device.product) = number;
    } else if (name == "ID_SERIAL_SHORT") {
        entry.device.serial = text;
    } else if (name == "ID_SERIAL") {
        entry.device.udev_serial = text;
    } else if ((name == "DEVTYPE" && text == "usb_device") || (name == "SUBSYSTEM" && text == "usb")) {
        return;
    } else {
        return no(
            format("usbroute has no equivalent for the condition {} = {}", printable(name, 64), said(text)));
    }
    entry.has_device = true;
}

void read_whawty_env(WhawtyEntry& entry, const YamlNode& env)
{
    const auto name = env.text_at("name");
    const auto equals = env.text_at("equals");
    const auto pattern = env.text_at("pattern");
    if (equals.empty() == pattern.empty()) {
        entry.found.left(env.line, "an entry of env needs a name and either equals or pattern");
        entry.is_whole = false;
        return;
    }
    if (!equals.empty()) return take_whawty_text(entry, env.line, name, equals);
    const bool is_path = name == "ID_PATH" || name == "ID_PATH_WITH_USB_REVISION" || name == "DEVPATH";
    const auto literal = literal_of_regex(pattern);
    const bool is_place =
        literal &&
        (name == "DEVPATH" ? socket_by_devpath(literal->text) : socket_by_id_path(literal->text)).has_value();
    if (is_path && !is_place) {
        if (auto glob = glob_of_regex(pattern)) {
            ToldSocket fits{.said = pattern, .bus = {}, .way = {}, .superspeed = {}, .ports = {}};
            (name == "DEVPATH" ? fits.glob : fits.id_path_glob) = std::move(*glob);
            entry.socket = std::move(fits);
            return;
        }
    }
    if (literal) {
        if (!literal->is_whole)
            entry.found.warn(env.line,
                             format("the pattern {} is not anchored and matched more; imported as {}",
                                    said(pattern), said(literal->text)));
        return take_whawty_text(entry, env.line, name, literal->text);
    }
    if (name == "ID_SERIAL" || name == "ID_MODEL" || name == "ID_VENDOR") {
        entry.device.name = pattern;
        entry.has_device = true;
        entry.found.warn(env.line,
                         format("the pattern {} of {} became a name expression; check what it matches",
                                said(pattern), printable(name, 64)));
        return;
    }
    entry.found.left(env.line,
                     format("usbroute cannot match the pattern {} of {}; write the exact text instead",
                            said(pattern), printable(name, 64)));
    entry.is_whole = false;
}

void read_whawty_device(const YamlNode& node, const std::string& guest, Found& found)
{
    if (!node.is_map() || node.pairs.empty())
        return found.left(node.line, "an empty entry is an error in the old tool");
    WhawtyEntry entry{.found = found, .device = {}, .socket = {}};
    std::optional<std::uint32_t> bus;
    std::optional<std::uint32_t> number;
    for (const auto& [key, value] : node.pairs) {
        const auto bad = [&] {
            found.left(value.line, format("{} of {} is not a number (write 046d as 0x046d)", said(value.text),
                                          printable(key.text, 64)));
            entry.is_whole = false;
        };
        if (key.text == "vendor-id" || key.text == "product-id") {
            const auto id = yaml_number(value);
            if (!id || *id > 0xffff) {
                bad();
                continue;
            }
            (key.text == "vendor-id" ? entry.device.vendor : entry.device.product) =
                static_cast<std::uint16_t>(*id);
            entry.has_device = true;
        } else if (key.text == "bus" || key.text == "device") {
            const auto one = yaml_number(value);
            if (!one || *one == 0 || *one > 0xffff)
                bad();
            else
                (key.text == "bus" ? bus : number) = one;
        } else if (key.text == "udev") {
            if (const auto* env = value.get("env"))
                for (const auto& one : env->items) read_whawty_env(entry, one);
            for (const auto* tags : {"tags", "current-tags"})
                if (const auto* list = value.get(tags)) {
                    found.left(list->line, format("{}: usbroute does not match udev tags", tags));
                    entry.is_whole = false;
                }
        } else {
            found.left(key.line,
                       format("{} is an error in the old tool, which has no such key", said(key.text)));
            entry.is_whole = false;
        }
    }
    if (number && bus) {
        entry.device.bus = static_cast<std::uint16_t>(*bus);
        entry.device.number = static_cast<std::uint16_t>(*number);
        entry.has_device = true;
    } else if (bus && !entry.socket) {
        found.left(node.line, format("bus {} alone means everything on that bus, not one socket", *bus));
        entry.is_whole = false;
    }
    // In one entry everything has to hold: what is left of it would hold too often.
    if (!entry.is_whole)
        return found.left(
            node.line,
            "all of the entry's conditions must hold, and usbroute has no equivalent for some of them");
    if (!entry.socket && !entry.has_device)
        return found.left(node.line, "the entry does not identify a device");
    Entry made{.origin = found.at(node.line),
               .guest = guest,
               .socket = std::move(entry.socket),
               .device = {},
               .name = {},
               .mapping = {},
               .file = {},
               .parent_hash = {}};
    if (entry.has_device) made.device = entry.device;
    found.entries.push_back(std::move(made));
}

void read_whawty_machine(const std::string& name, std::uint32_t line, const YamlNode& machine, Found& found)
{
    found.guest(name, line).libvirt = name;
    const auto* devices = machine.get("devices");
    if (devices == nullptr || !devices->is_list() || devices->items.empty())
        return found.left(line, format("{} has no devices, which is an error in the old tool", said(name)));
    for (const auto& device : devices->items) read_whawty_device(device, name, found);
    found.note(
        line,
        format(
            "the old tool removed every USB hostdev of {} that no entry names; usbroute leaves alone what it did not attach",
            said(name)));
}

} // namespace

Result<Found> read_whawty(const Source& source)
{
    const auto tree = read_yaml(source);
    if (!tree) return std::unexpected(tree.error());
    Found found{.file = source.name,
                .kind = Kind::whawty,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    if (!tree->is_map())
        return bad_input(source, tree->line, "the file of libvirt-usb-hotplugd must be a map");
    for (const auto& [key, value] : tree->pairs) {
        if (key.text == "machines") {
            for (const auto& [name, machine] : value.pairs)
                read_whawty_machine(name.text, name.line, machine, found);
        } else if (key.text != "devices" && key.text != "interval") {
            found.left(key.line,
                       format("{} is an error in the old tool, which has no such key", said(key.text)));
        }
    }
    // machines.d/DOMAIN.yml has the content of one machine.
    if (tree->get("devices") != nullptr)
        read_whawty_machine(stem_of(source.name), tree->get("devices")->line, *tree, found);
    return found;
}

} // namespace usbroute::import_
