// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"
#include "import/yaml_tree.hpp"

#include <algorithm>
#include <map>

namespace usbroute::import_ {

namespace {

/// "driver,k=v,k=v"; ",," is a comma in a value. The first without "=" is under "".
std::map<std::string, std::string> qemu_properties(std::string_view text)
{
    std::map<std::string, std::string> found;
    std::string part;
    bool is_first = true;
    const auto add = [&] {
        const auto equals = part.find('=');
        if (equals == std::string::npos)
            found[is_first ? std::string() : part] = is_first ? part : "on";
        else
            found[part.substr(0, equals)] = part.substr(equals + 1);
        part.clear();
        is_first = false;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != ',') {
            part += text[i];
        } else if (i + 1 < text.size() && text[i + 1] == ',') {
            part += ',';
            ++i;
        } else {
            add();
        }
    }
    if (!part.empty()) add();
    return found;
}

/// The same of the JSON form.
std::map<std::string, std::string> json_properties(std::string_view text)
{
    std::map<std::string, std::string> found;
    const auto tree = read_json({.name = "-device", .text = std::string(text)});
    if (!tree || !tree->is_map()) return found;
    for (const auto& [key, value] : tree->pairs)
        if (value.is_scalar()) found[key.text == "driver" ? std::string() : key.text] = value.text;
    return found;
}

struct UsbHostReader {
    const std::map<std::string, std::string>& properties;
    std::uint32_t line;
    const std::string& guest;
    Found& found;
    bool is_json = false;

    [[nodiscard]] std::string text(const std::string& name) const
    {
        const auto at = properties.find(name);
        return at == properties.end() ? std::string() : at->second;
    }

    /// Nothing: not given, or no number, which is said.
    std::optional<std::uint32_t> number(const std::string& name, bool& is_right) const
    {
        const auto given = text(name);
        if (given.empty()) return std::nullopt;
        const auto value = is_json ? parse_decimal(given) : c_number(given);
        if (!value || *value > 0xffff) {
            found.left(line, format("{}={} is no number up to 65535", name, said(given)));
            is_right = false;
            return std::nullopt;
        }
        if (!is_json && is_octal(given))
            found.warn(line, format("{}={} begins with 0 and is octal: {}", name, said(given), *value));
        return value;
    }

    void read() const
    {
        Entry entry{.origin = found.at(line),
                    .guest = guest,
                    .socket = {},
                    .device = {},
                    .name = text("id"),
                    .mapping = {},
                    .file = {},
                    .parent_hash = {}};
        bool is_right = true;
        ToldDevice device;
        bool has_device = false;
        const auto vendor = number("vendorid", is_right);
        const auto product = number("productid", is_right);
        auto bus = number("hostbus", is_right);
        auto address = number("hostaddr", is_right);
        if (!is_right) return;
        if (const auto node = text("hostdevice"); !node.empty()) {
            const auto parts = split(node, '/');
            const auto node_bus = parts.size() > 1 ? parse_decimal(parts[parts.size() - 2]) : std::nullopt;
            const auto node_device = parse_decimal(parts.back());
            if (!node_bus || !node_device)
                return found.left(
                    line, format("hostdevice={} is no node such as /dev/bus/usb/001/004", said(node)));
            bus = node_bus;
            address = node_device;
        }
        if (vendor || product) {
            if (!vendor || !product)
                return found.left(line, "one of vendorid and productid alone means many devices; name both");
            device.vendor = static_cast<std::uint16_t>(*vendor);
            device.product = static_cast<std::uint16_t>(*product);
            has_device = true;
        }
        if (const auto port = text("hostport"); !port.empty()) {
            if (!bus || *bus == 0)
                return found.left(
                    line, format("hostport={} without hostbus means that port of every bus", said(port)));
            entry.socket = socket_by_bus(format("{}-{}", *bus, port));
            if (!entry.socket)
                return found.left(line, format("hostport={} is no chain of ports such as 2.1", said(port)));
        }
        if (address && *address != 0) {
            if (!bus || *bus == 0)
                return found.left(
                    line, format("hostaddr={} without hostbus means a number on every bus", *address));
            device.bus = static_cast<std::uint16_t>(*bus);
            device.number = static_cast<std::uint16_t>(*address);
            has_device = true;
        }
        if (!entry.socket && !has_device) {
            if (bus)
                return found.left(
                    line,
                    format(
                        "hostbus={} alone takes any device on that bus; give a whole controller, or name sockets",
                        *bus));
            return found.left(line, "usb-host without a condition takes any device; name sockets or ids");
        }
        if (has_device) entry.device = device;
        found.entries.push_back(std::move(entry));
    }
};

void read_vfio(const std::map<std::string, std::string>& properties, std::uint32_t line,
               const std::string& guest, Found& found)
{
    const auto at = properties.find("host");
    if (at == properties.end()) return;
    auto text = at->second;
    if (text.find('.') == std::string::npos) text += ".0";
    const auto address = PciAddress::parse(text);
    if (!address) return found.left(line, format("host={} is no PCI address", said(at->second)));
    found.guest(guest, line).functions.emplace_back(*address, found.at(line));
}

/// "-usbdevice host:...", which QEMU has no more.
void read_usbdevice(std::string_view text, std::uint32_t line, const std::string& guest, Found& found)
{
    if (!text.starts_with("host:")) return;
    text.remove_prefix(5);
    found.note(line, "-usbdevice host: is gone from QEMU since 4.0");
    Entry entry{.origin = found.at(line),
                .guest = guest,
                .socket = {},
                .device = {},
                .name = {},
                .mapping = {},
                .file = {},
                .parent_hash = {}};
    const auto dot = text.find('.');
    if (const auto ids = ids_from(text)) {
        entry.device = device_of(*ids);
    } else if (dot != std::string_view::npos) {
        const auto bus = parse_decimal(text.substr(0, dot));
        const auto number = parse_decimal(text.substr(dot + 1));
        if (!bus || !number || *bus > 0xffff || *number > 0xffff)
            return found.left(line, format("host:{} is no device", printable(text, 64)));
        ToldDevice device;
        device.bus = static_cast<std::uint16_t>(*bus);
        device.number = static_cast<std::uint16_t>(*number);
        entry.device = device;
    } else {
        return found.left(line, format("host:{} is no device", printable(text, 64)));
    }
    found.entries.push_back(std::move(entry));
}

/// Whose monitor is where.
struct QemuMonitors {
    std::map<std::string, std::string> chardevs; ///< path of a Unix socket by id
    std::string qmp;
    std::string control; ///< id of a chardev in control mode
    std::string other;   ///< what there is instead, in words
    bool is_libvirts = false;
};

void take_qmp(std::string_view text, QemuMonitors& monitors)
{
    if (text.starts_with("unix:")) {
        const auto path = text.substr(5, text.find(',') == std::string_view::npos ? std::string_view::npos
                                                                                  : text.find(',') - 5);
        if (path.starts_with('/'))
            monitors.qmp = std::string(path);
        else
            monitors.other =
                format("its QMP socket {} is relative to a directory that is not told", said(path));
    } else if (text.starts_with("tcp:")) {
        monitors.other =
            "its QMP monitor is at TCP, where usbroute does not connect; give it one more with -qmp unix:PATH,server=on,wait=off";
    } else {
        monitors.other = format("its monitor {} is none that usbroute can reach", said(text));
    }
}

bool is_switch(std::string_view text, std::string_view name)
{
    return text == "-" + std::string(name) || text == "--" + std::string(name);
}

} // namespace

void read_usb_host(std::string_view properties, std::uint32_t line, const std::string& guest, Found& found)
{
    const auto map = qemu_properties("usb-host," + std::string(properties));
    UsbHostReader{.properties = map, .line = line, .guest = guest, .found = found}.read();
}

void read_qemu_words(std::span<const ShellWord> words, std::string& guest, Found& found)
{
    // The name first: what is given is given to it.
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
        if (is_switch(words[i].text, "name") && words[i + 1].unknown.empty()) {
            const auto properties = qemu_properties(words[i + 1].text);
            const auto named = properties.find("guest");
            guest = named != properties.end() ? named->second
                                              : words[i + 1].text.substr(0, words[i + 1].text.find(','));
        }
    QemuMonitors monitors;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        const auto& option = words[i].text;
        const auto& value = words[i + 1];
        const auto line = value.line;
        const std::string_view text = value.text;
        const bool is_device = is_switch(option, "device");
        const bool is_ours = (is_device && (text.find("usb-host") != std::string_view::npos ||
                                            text.find("vfio-pci") != std::string_view::npos ||
                                            (!value.unknown.empty() && text.empty()))) ||
                             is_switch(option, "usbdevice") || is_switch(option, "qmp");
        if (is_ours && !value.unknown.empty()) {
            if (is_switch(option, "qmp"))
                monitors.other = format("where its QMP socket is only a shell could tell ({})",
                                        printable(value.unknown, 64));
            else
                found.left(line, format("what {} means only a shell could tell: {} {}",
                                        printable(value.unknown, 64), option, said(text)));
            continue;
        }
        if (is_device && text.starts_with('{')) {
            const auto properties = json_properties(text);
            const auto driver = properties.find("");
            if (driver == properties.end()) {
                if (text.find("usb-host") != std::string_view::npos)
                    found.left(line, format("this is no JSON: {}", said(text)));
            } else if (driver->second == "usb-host") {
                UsbHostReader{
                    .properties = properties, .line = line, .guest = guest, .found = found, .is_json = true}
                    .read();
            } else if (driver->second == "vfio-pci") {
                read_vfio(properties, line, guest, found);
            }
        } else if (is_device) {
            auto properties = qemu_properties(text);
            if (properties.contains("driver")) properties[""] = properties["driver"];
            if (properties[""] == "usb-host")
                UsbHostReader{.properties = properties, .line = line, .guest = guest, .found = found}.read();
            else if (properties[""] == "vfio-pci")
                read_vfio(properties, line, guest, found);
            else if (properties[""] == "usb-redir")
                found.left(line, "usb-redir is fed by a remote viewer, and is no socket of this machine");
        } else if (is_switch(option, "usbdevice")) {
            read_usbdevice(text, line, guest, found);
        } else if (is_switch(option, "qmp") || is_switch(option, "qmp-pretty")) {
            take_qmp(text, monitors);
        } else if (is_switch(option, "chardev")) {
            const auto properties = qemu_properties(text);
            const auto id = properties.find("id");
            const auto path = properties.find("path");
            const auto driver = properties.find("");
            if (id == properties.end() || driver == properties.end() || driver->second != "socket") continue;
            if (path != properties.end())
                monitors.chardevs[id->second] = path->second;
            else
                monitors.chardevs[id->second] = properties.contains("fd") ? "fd" : "";
        } else if (is_switch(option, "mon")) {
            const auto properties = qemu_properties(text);
            const auto mode = properties.find("mode");
            const auto chardev = properties.find("chardev");
            const bool control = mode != properties.end() && mode->second == "control";
            if (chardev == properties.end() && !properties.contains("")) continue;
            if (control)
                monitors.control = chardev != properties.end() ? chardev->second : properties.at("");
            else
                monitors.other =
                    "its monitor speaks HMP, for people; give it one more with -qmp unix:PATH,server=on,wait=off";
        } else if (is_switch(option, "monitor")) {
            monitors.other =
                "its monitor speaks HMP, for people; give it one more with -qmp unix:PATH,server=on,wait=off";
        }
    }
    if (!monitors.control.empty()) {
        const auto chardev = monitors.chardevs.find(monitors.control);
        if (chardev == monitors.chardevs.end() || chardev->second.empty())
            monitors.other =
                "its QMP monitor is at no Unix socket; give it one more with -qmp unix:PATH,server=on,wait=off";
        else if (chardev->second == "fd")
            monitors.is_libvirts = true;
        else if (chardev->second.starts_with('/') && monitors.qmp.empty())
            monitors.qmp = chardev->second;
    }
    if (guest.empty()) return;
    const bool is_known = std::ranges::find(found.guests, guest, &ToldGuest::name) != found.guests.end();
    const bool is_wanted =
        std::ranges::any_of(found.entries, [&](const Entry& entry) { return entry.guest == guest; });
    if (!is_known && !is_wanted && monitors.qmp.empty()) return;
    auto& told = found.guest(guest, words.empty() ? 1 : words.front().line);
    if (!monitors.qmp.empty() && told.qmp.empty()) told.qmp = monitors.qmp;
    if (monitors.is_libvirts && told.libvirt.empty()) {
        told.libvirt = guest;
        found.note(told.origin.line,
                   format("libvirt holds the monitor of {} (fd=), so it is taken for a domain of that name",
                          said(guest)));
    }
    if (told.qmp.empty() && told.libvirt.empty() && told.no_monitor.empty()) told.no_monitor = monitors.other;
}

namespace {

/// Arrays of options count as words of the command that they are put into.
std::vector<std::vector<ShellWord>> qemu_commands(const std::vector<ShellCommand>& commands)
{
    const auto has_switch = [](const ShellWord& word) {
        return word.text == "-device" || word.text == "-usbdevice" || word.text == "-qmp" ||
               word.text == "-name" || word.text.starts_with("usb-host,") || word.text == "-mon" ||
               word.text == "-chardev";
    };
    std::vector<ShellWord> pieces; // of arrays, and of variables that hold options
    std::vector<std::vector<ShellWord>> found;
    for (const auto& command : commands) {
        if (command.form == ShellCommand::Form::array) {
            pieces.insert(pieces.end(), command.words.begin(), command.words.end());
            continue;
        }
        if (command.form == ShellCommand::Form::assignment) continue;
        std::vector<ShellWord> words;
        bool is_qemu = false;
        for (const auto& word : command.words) {
            const auto name = last_name_of(word.text);
            is_qemu = is_qemu || name.starts_with("qemu-system") || name == "qemu-kvm" || name == "kvm" ||
                      name == "qemu" || has_switch(word);
            // An array's words are in the pieces already; a variable without quotes is cut at its blanks.
            if (word.unknown.find("[@]") != std::string::npos ||
                word.unknown.find("[*]") != std::string::npos)
                continue;
            if (!word.is_quoted && word.text.find(' ') != std::string::npos && word.unknown.empty()) {
                for (const auto part : usbroute::words(word.text))
                    words.push_back({.text = std::string(part), .line = word.line, .unknown = {}});
                continue;
            }
            words.push_back(word);
        }
        if (!is_qemu) continue;
        words.insert(words.end(), pieces.begin(), pieces.end());
        pieces.clear();
        found.push_back(std::move(words));
    }
    if (!pieces.empty() && std::ranges::any_of(pieces, has_switch)) found.push_back(std::move(pieces));
    return found;
}

void read_qemu_commands(const std::vector<ShellCommand>& commands, Found& found)
{
    for (const auto& words : qemu_commands(commands)) {
        const bool is_ours = std::ranges::any_of(words, [](const ShellWord& word) {
            return word.text.find("usb-host") != std::string::npos ||
                   word.text.find("vfio-pci") != std::string::npos || word.text == "-usbdevice" ||
                   word.text == "-qmp" || word.text == "-name";
        });
        if (!is_ours) continue;
        const auto stem = stem_of(found.file);
        auto guest = stem;
        const auto before = found.entries.size();
        const auto guests_before = found.guests.size();
        read_qemu_words(words, guest, found);
        const bool told =
            std::ranges::any_of(words, [](const ShellWord& word) { return is_switch(word.text, "name"); });
        if ((!told || guest == stem) &&
            (found.entries.size() > before || found.guests.size() > guests_before)) {
            bool named = false;
            for (std::size_t i = 0; i + 1 < words.size(); ++i)
                named = named || (is_switch(words[i].text, "name") && words[i + 1].unknown.empty());
            if (!named) {
                found.guest(guest, words.front().line).guessed = true;
                found.warn(
                    words.front().line,
                    format("QEMU has no -name that is told here; the guest is called {} after the file",
                           said(guest)));
            }
        }
        for (const auto& entry : found.entries)
            if (entry.guest == guest) (void)found.guest(guest, entry.origin.line);
    }
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
    std::string text = source.text;
    // /proc/PID/cmdline, made text by `tr '\0' '\n'`: an option a line.
    const bool is_cut = std::ranges::none_of(text, [](char c) { return c == ' '; }) &&
                        text.find("\n-device\n") != std::string::npos;
    if (is_cut) {
        std::vector<ShellWord> words;
        std::uint32_t line = 0;
        for (const auto part : split(text, '\n'))
            words.push_back({.text = std::string(part), .line = ++line, .unknown = {}});
        auto guest = stem_of(source.name);
        read_qemu_words(words, guest, found);
        return found;
    }
    read_qemu_commands(read_shell(text), found);
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

Result<Found> read_quickemu(const Source& source)
{
    Found found{.file = source.name,
                .kind = Kind::quickemu,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    auto guest = stem_of(source.name);
    std::vector<ShellWord> devices;
    for (const auto& command : read_shell(source.text)) {
        if (command.form == ShellCommand::Form::command) {
            if (!command.words.empty() && command.words.front().text.find("usb_devices") != std::string::npos)
                found.left(command.line,
                           format("the script is not run: {}", said(command.words.front().text)));
            continue;
        }
        if (command.variable == "usb_devices") {
            if (!command.adds) devices.clear();
            if (command.form == ShellCommand::Form::assignment) {
                for (const auto part : words(command.words.front().text))
                    devices.push_back({.text = std::string(part),
                                       .line = command.line,
                                       .unknown = command.words.front().unknown});
                if (!command.words.front().unknown.empty() && command.words.front().text.empty())
                    devices.push_back(command.words.front());
            } else {
                devices.insert(devices.end(), command.words.begin(), command.words.end());
            }
        } else if (command.variable == "extra_args") {
            std::vector<ShellWord> given;
            for (const auto& word : command.words)
                for (const auto part : words(word.text))
                    given.push_back({.text = std::string(part), .line = word.line, .unknown = {}});
            auto named = guest;
            read_qemu_words(given, named, found);
        }
    }
    auto& told = found.guest(guest, 1);
    if (told.qmp.empty())
        told.no_monitor = format(
            R"(quickemu's own monitor speaks HMP, for people; write extra_args="-qmp unix:/run/usbroute/{}.qmp,server=on,wait=off")",
            printable(guest, 64));
    for (const auto& word : devices) {
        if (!word.unknown.empty()) {
            found.left(word.line,
                       format("what {} means only a shell could tell", printable(word.unknown, 64)));
            continue;
        }
        const auto ids = ids_from(word.text);
        if (!ids) {
            found.left(word.line, format("{} is no vendor:product", said(word.text)));
            continue;
        }
        found.entries.push_back({.origin = found.at(word.line),
                                 .guest = guest,
                                 .socket = {},
                                 .device = device_of(*ids),
                                 .name = {},
                                 .mapping = {},
                                 .file = {},
                                 .parent_hash = {}});
    }
    return found;
}

Result<Found> read_microvm(const Source& source)
{
    const auto tree = read_json(source);
    if (!tree) return std::unexpected(tree.error());
    Found found{.file = source.name,
                .kind = Kind::microvm,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    // Of one machine a list; of several an object with a list for each.
    std::vector<std::pair<std::string, const YamlNode*>> lists;
    if (tree->is_list()) lists.emplace_back("", &*tree);
    if (tree->is_map()) {
        if (const auto* devices = tree->get("devices"))
            lists.emplace_back("", devices);
        else
            for (const auto& [name, value] : tree->pairs) {
                const auto* list = value.is_list() ? &value : value.get("devices");
                if (list != nullptr) lists.emplace_back(name.text, list);
            }
    }
    if (lists.empty()) return bad_input(source, tree->line, "microvm.devices is a list of bus and path");
    for (const auto& [guest, list] : lists)
        for (const auto& device : list->items) {
            const auto bus = device.text_at("bus");
            const auto path = device.text_at("path");
            if (bus == "usb" && !path.empty()) {
                read_usb_host(path, device.line, guest, found);
                if (guest.empty())
                    found.warn(device.line, "which machine it is for is not in this file: no guest is known");
            } else if (bus == "pci" && !path.empty()) {
                const auto address = PciAddress::parse(path);
                if (!address)
                    found.left(device.line, format("{} is no PCI address", said(path)));
                else if (guest.empty())
                    found.left(device.line,
                               format("{} is given away, and to which machine is not in this file",
                                      address->text()));
                else
                    found.guest(guest, device.line).functions.emplace_back(*address, found.at(device.line));
            } else {
                found.left(device.line, "a device has bus \"usb\" or \"pci\" and a path");
            }
        }
    return found;
}

} // namespace usbroute::import_
