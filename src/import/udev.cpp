// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "import/patterns.hpp"
#include "import/readers.hpp"

#include <algorithm>
#include <array>

namespace usbroute::import_ {

namespace {

/// `KEY{of} OP "value"` of a rule.
struct UdevItem {
    std::string key;
    std::string of;
    std::string op;
    std::string value;

    [[nodiscard]] bool is_match() const { return op == "==" || op == "!="; }
};

struct UdevLine {
    std::uint32_t line = 0;
    std::string text;
};

/// With lines that go on put together; comments left out.
std::vector<UdevLine> udev_lines(std::string_view text)
{
    std::vector<UdevLine> lines;
    std::uint32_t number = 0;
    bool goes_on = false;
    for (auto line : split(text, '\n')) {
        ++number;
        if (trim(line).starts_with('#')) continue;
        const bool continues = trim(line).ends_with('\\');
        if (continues) line = line.substr(0, line.rfind('\\'));
        if (goes_on)
            lines.back().text += line;
        else if (!trim(line).empty())
            lines.push_back({.line = number, .text = std::string(line)});
        goes_on = continues && !lines.empty();
    }
    return lines;
}

bool is_key_character(char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }

/// Nothing: the line is no rule; `items` has what came before.
bool read_udev_items(std::string_view text, std::vector<UdevItem>& items)
{
    std::size_t at = 0;
    const auto skip = [&](std::string_view what) {
        while (at < text.size() && what.find(text[at]) != std::string_view::npos) ++at;
    };
    for (;;) {
        skip(" \t,\r");
        if (at >= text.size()) return true;
        UdevItem item;
        while (at < text.size() && is_key_character(text[at])) item.key += text[at++];
        if (item.key.empty()) return false;
        if (at < text.size() && text[at] == '{') {
            const auto end = text.find('}', at);
            if (end == std::string_view::npos) return false;
            item.of = std::string(text.substr(at + 1, end - at - 1));
            at = end + 1;
        }
        skip(" \t");
        while (at < text.size() && std::string_view("=!+-:").find(text[at]) != std::string_view::npos)
            item.op += text[at++];
        skip(" \t");
        constexpr std::array<std::string_view, 6> ops{"==", "!=", "=", "+=", "-=", ":="};
        if (std::ranges::find(ops, item.op) == ops.end()) return false;
        const bool escapes = at < text.size() && (text[at] == 'e' || text[at] == 'i');
        if (escapes) ++at;
        if (at >= text.size() || text[at] != '"') return false;
        ++at;
        while (at < text.size() && text[at] != '"') {
            if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '"') ++at;
            item.value += text[at++];
        }
        if (at >= text.size()) return false;
        ++at;
        items.push_back(std::move(item));
        if (items.size() > 200) return false;
    }
}

/// "foo@GUEST.service", with what systemd escapes.
std::string instance_of(std::string_view unit)
{
    const auto at = unit.find('@');
    if (at == std::string_view::npos) return {};
    auto name = unit.substr(at + 1);
    for (const auto* suffix : {".service", ".target", ".path"})
        if (name.ends_with(suffix)) name.remove_suffix(std::string_view(suffix).size());
    std::string text;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name.substr(i).starts_with("\\x") && i + 3 < name.size())
            if (const auto code = number_from<std::uint8_t>(name.substr(i + 2, 2), 16)) {
                text += static_cast<char>(*code);
                i += 3;
                continue;
            }
        text += name[i];
    }
    return text;
}

bool is_of_udev(std::string_view word)
{
    return word.find('%') != std::string_view::npos || word.find('$') != std::string_view::npos;
}

/// Programs of rules that give nothing to a guest.
bool moves_nothing(std::string_view program)
{
    constexpr std::array<std::string_view, 22> others{
        "logger",   "chmod", "chown",          "chgrp",   "touch",  "echo",          "notify-send", "hdparm",
        "modprobe", "kmod",  "usb_modeswitch", "mount",   "umount", "systemd-mount", "ip",          "rm",
        "mkdir",    "ln",    "setfacl",        "udevadm", "sleep",  "true"};
    return std::ranges::find(others, last_name_of(program)) != others.end();
}

/// One rule on its way to entries.
class UdevRule {
public:
    UdevRule(Found& found, std::uint32_t line) : found_(found), line_(line) {}

    void read(const std::vector<UdevItem>& items)
    {
        for (const auto& item : items) (item.is_match() ? match(item) : assignment(item));
        if (jumps_) {
            found_.warn(
                line_,
                "GOTO and LABEL are not followed: the rules between them are read as if they always counted");
            if (runs_.empty() && wants_.empty()) return;
        }
        if (authorizes_)
            found_.left(
                line_,
                "authorized is not set by usbroute: a socket that is nobody's is parked (`move NAME --to none`)");
        if (runs_.empty() && wants_.empty()) return;
        for (const auto& why : not_taken_) found_.left(line_, why);
        if (!not_taken_.empty()) return;
        for (const auto& unit : wants_) give(unit);
        for (const auto& run : runs_) program(run);
    }

private:
    void no(std::string why) { not_taken_.push_back(std::move(why)); }

    void match(const UdevItem& item)
    {
        const bool is_usual = item.key == "ACTION" || item.key == "SUBSYSTEM" || item.key == "SUBSYSTEMS" ||
                              (item.key == "ENV" && item.of == "DEVTYPE");
        if (item.op == "!=") {
            if (!is_usual || runs_or_wants_)
                return no(
                    format("a condition with != is not taken over: {} != {}", item.key, said(item.value)));
            if (item.value == "usb" || item.value == "usb_device" || item.key == "ACTION") return;
            return no(format("a condition with != is not taken over: {} != {}", item.key, said(item.value)));
        }
        if (item.key == "ACTION") return;
        if (item.key == "SUBSYSTEM" || item.key == "SUBSYSTEMS") {
            if (item.value != "usb" && item.value != "usb|usb_device" && item.value != "usb*")
                no(format("the rule is about a device of {}, not of usb", said(item.value)));
            return;
        }
        if (item.key == "ENV" && item.of == "DEVTYPE") {
            if (item.value == "usb_interface")
                no("the rule is about an interface, which is not handed over by itself");
            return;
        }
        if (item.key == "DEVPATH") return socket(item.value, false);
        if (item.key == "KERNEL" || item.key == "KERNELS") {
            if (item.value == "*" || item.value == "[0-9]*" || item.value == "*-*" || item.value == "?*-?*")
                return;
            return socket(item.value, true);
        }
        if (item.key == "ENV") return environment(item);
        if (item.key == "ATTR" || item.key == "ATTRS") return attribute(item);
        if (item.key == "TAG" || item.key == "TAGS")
            return no(format("the tag {} has no counterpart", said(item.value)));
        if (item.key == "DRIVER" || item.key == "DRIVERS") {
            if (item.value != "usb") no(format("the driver {} has no counterpart", said(item.value)));
            return;
        }
        if (item.key == "PROGRAM" || item.key == "RESULT" || item.key == "TEST" || item.key == "IMPORT")
            return no(format("{} is not run: {}", item.key, said(item.value)));
        no(format("the condition {} has no counterpart", item.key));
    }

    void socket(const std::string& value, bool by_kernel)
    {
        const auto parts = alternatives_of_glob(value);
        std::vector<ToldSocket> told;
        for (const auto& part : parts) {
            if (part.starts_with("/sys"))
                found_.warn(line_,
                            format("{} never matched: DEVPATH begins with /devices; taken as that place",
                                   said(part)));
            std::string_view plain = part;
            bool begins_alike = false;
            while (plain.ends_with('*')) {
                plain.remove_suffix(1);
                begins_alike = true;
            }
            if (!by_kernel)
                while (plain.starts_with('*')) plain.remove_prefix(1);
            if (plain.ends_with(':')) {
                plain.remove_suffix(1);
                begins_alike = false;
            }
            if (plain.ends_with('/')) begins_alike = false;
            std::optional<ToldSocket> one;
            if (!is_glob(plain))
                one = by_kernel ? socket_by_bus(plain.substr(0, plain.find(':'))) : socket_by_devpath(plain);
            if (one) {
                if (last_name_of(plain).find(':') != std::string_view::npos &&
                    plain.find('-') != std::string_view::npos && !PciAddress::parse(last_name_of(plain)))
                    found_.warn(line_,
                                format("{} is an interface of a device; taken as the socket of that device",
                                       said(part)));
                one->said = part;
                one->with_what_begins_alike = begins_alike;
                told.push_back(std::move(*one));
            } else if (is_glob(part)) {
                ToldSocket fits{.said = part, .bus = {}, .way = {}, .superspeed = {}, .ports = {}};
                (by_kernel ? fits.kernel_glob : fits.glob) = part;
                told.push_back(std::move(fits));
            } else {
                return no(format("{} is no place of a USB device", said(part)));
            }
        }
        if (!sockets_.empty()) return no("the rule names two places, and both would have to hold");
        sockets_ = std::move(told);
    }

    void hex_id(std::optional<std::uint16_t>& id, const std::string& value)
    {
        const auto number = number_from<std::uint16_t>(value, 16);
        if (!number) return no(format("{} is no id of hexadecimal digits", said(value)));
        id = number;
        has_device_ = true;
    }

    void text(std::string& where, const std::string& value)
    {
        if (is_glob(value))
            return no(format("the pattern {} is not taken over; write the text that is meant", said(value)));
        where = value;
        has_device_ = true;
    }

    void environment(const UdevItem& item)
    {
        if (item.of == "ID_PATH" || item.of == "ID_PATH_WITH_USB_REVISION") {
            if (!sockets_.empty()) return;
            for (const auto& part : alternatives_of_glob(item.value)) {
                std::string_view plain = part;
                while (plain.ends_with('*')) plain.remove_suffix(1);
                auto one = is_glob(plain) ? std::nullopt : socket_by_id_path(plain);
                if (!one) return no(format("{} in ID_PATH is no place of a USB device", said(part)));
                one->said = part;
                one->with_what_begins_alike = plain.size() != part.size();
                sockets_.push_back(std::move(*one));
            }
        } else if (item.of == "ID_VENDOR_ID") {
            hex_id(device_.vendor, item.value);
        } else if (item.of == "ID_MODEL_ID") {
            hex_id(device_.product, item.value);
        } else if (item.of == "ID_SERIAL_SHORT") {
            text(device_.serial, item.value);
        } else if (item.of == "ID_SERIAL") {
            text(device_.udev_serial, item.value);
        } else if (item.of == "PRODUCT") {
            if (item.value.find('|') != std::string::npos) return products(item.value);
            const auto parts = split(item.value, '/');
            const auto vendor = number_from<std::uint16_t>(parts[0], 16);
            const auto product = parts.size() > 1 ? number_from<std::uint16_t>(parts[1], 16) : std::nullopt;
            if (!vendor || !product)
                return no(format("{} in PRODUCT is no vendor/product/revision", said(item.value)));
            if (parts.size() > 2 && !is_glob(parts[2]))
                found_.note(line_, "the revision in PRODUCT is not asked for any more");
            device_.vendor = vendor;
            device_.product = product;
            has_device_ = true;
        } else if (item.of == "DEVNAME" || item.of == "BUSNUM" || item.of == "DEVNUM") {
            no(format("{} is a number that a device has until it is unplugged; name its socket or its ids",
                      item.of));
        } else if (item.of != "DEVTYPE") {
            no(format("the condition ENV{{{}}} has no counterpart", printable(item.of, 64)));
        }
    }

    /// "46d/c31c/*|46d/c077/*"
    void products(const std::string& value)
    {
        for (const auto& part : alternatives_of_glob(value)) {
            const auto words_here = split(part, '/');
            const auto vendor = number_from<std::uint16_t>(words_here[0], 16);
            const auto product =
                words_here.size() > 1 ? number_from<std::uint16_t>(words_here[1], 16) : std::nullopt;
            if (!vendor || !product)
                return no(format("{} in PRODUCT is no vendor/product/revision", said(part)));
            products_.push_back({.vendor = *vendor, .product = *product});
        }
    }

    void attribute(const UdevItem& item)
    {
        if (item.key == "ATTRS" && !warned_parent_) {
            warned_parent_ = true;
            found_.note(line_, "ATTRS may be those of a hub above the device; taken as the device's own");
        }
        if (item.of == "idVendor") return hex_id(device_.vendor, item.value);
        if (item.of == "idProduct") return hex_id(device_.product, item.value);
        if (item.of == "serial") return text(device_.serial, item.value);
        if (item.of == "busnum") {
            bus_ = number_from<std::uint16_t>(item.value);
            return bus_ ? void() : no(format("busnum {} is no number", said(item.value)));
        }
        if (item.of == "devpath") {
            devpath_ = item.value;
            return;
        }
        if (item.of == "bDeviceClass") {
            if (const auto one = number_from<std::uint8_t>(item.value, 16)) {
                device_.device_class = format("{:02x}", *one);
                has_device_ = true;
                return;
            }
        }
        if (item.of == "product" || item.of == "manufacturer") {
            if (is_glob(item.value))
                return no(format("the pattern {} is not taken over; write the text that is meant",
                                 said(item.value)));
            device_.name = item.value;
            has_device_ = true;
            return;
        }
        no(format("the attribute {} has no counterpart", printable(item.of, 64)));
    }

    void assignment(const UdevItem& item)
    {
        if (item.key == "RUN" && (item.of.empty() || item.of == "program")) runs_.push_back(item.value);
        if (item.key == "ENV" && (item.of == "SYSTEMD_WANTS" || item.of == "SYSTEMD_USER_WANTS")) {
            const auto names = words(item.value);
            wants_.insert(wants_.end(), names.begin(), names.end());
        }
        if (item.key == "ATTR" && (item.of == "authorized" || item.of == "authorized_default"))
            authorizes_ = true;
        if (item.key == "GOTO") jumps_ = true;
        if (item.key == "PROGRAM" ||
            (item.key == "IMPORT" && item.of != "builtin" && item.of != "db" && item.of != "parent"))
            no(format("{} is not run: {}", item.key, said(item.value)));
        runs_or_wants_ = !runs_.empty() || !wants_.empty();
    }

    void program(const std::string& run)
    {
        const auto commands = read_shell(run);
        for (const auto& command : commands) {
            if (command.words.empty()) continue;
            auto words_here = command.words;
            // sh -c '...'
            const auto first = last_name_of(words_here.front().text);
            if ((first == "sh" || first == "bash") && words_here.size() > 2 &&
                words_here[1].text.starts_with("-") && words_here[1].text.find('c') != std::string::npos)
                return program(words_here[2].text);
            if (first == "systemctl") {
                give(words_here.back().text);
                continue;
            }
            if (moves_nothing(first)) {
                found_.left(line_,
                            format("the program {} gives nothing to a guest", said(words_here.front().text)));
                continue;
            }
            bool is_done = false;
            for (const auto& entry : entries({}, {}))
                is_done = read_virsh_words(words_here, found_, entry) || is_done;
            if (is_done) continue;
            std::string guest;
            for (auto word = words_here.rbegin(); word + 1 != words_here.rend(); ++word) {
                const auto& text = word->text;
                if (text.empty() || text.starts_with('-') || is_of_udev(text) || text.starts_with('/') ||
                    text == "add" || text == "remove" || text == "attach" || text == "detach" ||
                    socket_by_bus(text) || ids_from(text) ||
                    std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
                    continue;
                guest = text;
                break;
            }
            guessed(guest, words_here.front().text);
        }
    }

    void give(std::string_view unit)
    {
        const auto instance = instance_of(unit);
        const bool is_guest = !instance.empty() && !is_of_udev(instance);
        guessed(is_guest ? instance : std::string(), std::string(unit));
    }

    void guessed(const std::string& guest, const std::string& by)
    {
        if (guest.empty())
            found_.warn(line_, format("which guest {} means is not told here", said(by)));
        else {
            found_.warn(line_, format("guest {} is a guess, by the words of {}", said(guest), said(by)));
            auto& told = found_.guest(guest, line_);
            told.guessed = true;
            if (told.libvirt.empty()) told.libvirt = guest;
        }
        for (auto& entry : entries(guest, {})) found_.entries.push_back(std::move(entry));
    }

    /// What the rule's conditions mean, once for each of their alternatives.
    std::vector<Entry> entries(const std::string& guest, const std::string& file)
    {
        Entry base{.origin = found_.at(line_),
                   .guest = guest,
                   .socket = {},
                   .device = {},
                   .name = {},
                   .mapping = {},
                   .file = file,
                   .parent_hash = {}};
        if (has_device_) base.device = device_;
        std::vector<Entry> bases{base};
        if (!products_.empty()) bases.clear();
        for (const auto& ids : products_) {
            bases.push_back(base);
            bases.back().device = device_;
            bases.back().device->vendor = ids.vendor;
            bases.back().device->product = ids.product;
        }
        auto sockets = sockets_;
        if (bus_ && !devpath_.empty()) {
            if (auto one = socket_by_bus(format("{}-{}", *bus_, devpath_)))
                sockets.push_back(std::move(*one));
            if (!warned_gone_)
                found_.note(
                    line_,
                    "ATTR{busnum} and ATTR{devpath} are gone when the device is: the old rule never took it back");
            warned_gone_ = true;
        }
        if (sockets.empty()) return bases;
        std::vector<Entry> made;
        for (const auto& socket : sockets)
            for (const auto& one : bases) {
                made.push_back(one);
                made.back().socket = socket;
            }
        return made;
    }

    Found& found_;
    std::uint32_t line_;
    std::vector<ToldSocket> sockets_;
    std::vector<UsbIds> products_;
    ToldDevice device_;
    bool has_device_ = false;
    std::optional<std::uint16_t> bus_;
    std::string devpath_;
    std::vector<std::string> runs_;
    std::vector<std::string_view> wants_;
    std::vector<std::string> not_taken_;
    bool runs_or_wants_ = false;
    bool jumps_ = false;
    bool authorizes_ = false;
    bool warned_parent_ = false;
    bool warned_gone_ = false;
};

} // namespace

bool read_virsh_words(std::span<const ShellWord> words, Found& found, Entry entry)
{
    const auto starts = [&](std::string_view name) {
        return std::ranges::find_if(words,
                                    [&](const ShellWord& word) { return last_name_of(word.text) == name; });
    };
    const auto line = entry.origin.line;
    const auto usbtool = starts("usbtool");
    const auto virsh = starts("virsh");
    if (usbtool == words.end() && virsh == words.end()) return false;
    std::string guest;
    std::string file;
    std::string verb;
    ToldDevice device;
    bool has_device = false;
    const auto value_of = [&](auto& at, std::string_view option) -> std::optional<std::string> {
        const std::string_view text = at->text;
        if (text.starts_with(std::string(option) + "=")) return std::string(text.substr(option.size() + 1));
        if (text != option || std::next(at) == words.end()) return std::nullopt;
        ++at;
        return at->text;
    };
    std::string unknown;
    for (auto at = std::next(usbtool != words.end() ? usbtool : virsh); at != words.end(); ++at) {
        if (at->text == "attach" || at->text == "detach" || at->text.starts_with("attach-device") ||
            at->text.starts_with("detach-device")) {
            verb = at->text;
            continue;
        }
        if (!at->unknown.empty() && unknown.empty()) unknown = at->unknown;
        if (const auto domain = value_of(at, "--domain")) {
            guest = *domain;
        } else if (const auto xml = value_of(at, "--file")) {
            file = *xml;
        } else if (const auto uri = at->text == "-c" ? value_of(at, "-c") : value_of(at, "--connect")) {
            if (!uri->starts_with("qemu:///system"))
                found.warn(line, format("the domain is at {}", said(*uri)));
        } else if (const auto vendor = value_of(at, "--vendor")) {
            device.vendor =
                number_from<std::uint16_t>(vendor->starts_with("0x") ? vendor->substr(2) : *vendor, 16);
            has_device = true;
        } else if (const auto product = value_of(at, "--device")) {
            device.product =
                number_from<std::uint16_t>(product->starts_with("0x") ? product->substr(2) : *product, 16);
            has_device = true;
        } else if (at->text.starts_with('-')) {
            continue;
        } else if (!verb.empty() && guest.empty()) {
            guest = at->text;
        } else if (!verb.empty() && file.empty()) {
            file = at->text;
        }
    }
    if (verb.empty()) return false;
    if (!unknown.empty() || guest.empty() || is_of_udev(guest)) {
        found.left(line, format("which guest is meant only a shell could tell ({})",
                                printable(unknown.empty() ? guest : unknown, 64)));
        return true;
    }
    auto& told = found.guest(guest, line);
    if (told.libvirt.empty()) told.libvirt = guest;
    entry.guest = guest;
    if (has_device && !entry.device) entry.device = device;
    // An own description of the device is better than what the rule was triggered by.
    if (!file.empty() && !is_of_udev(file) && file != "/dev/stdin") entry.file = file;
    if (entry.file.empty() && !entry.device && !entry.socket) {
        found.left(line, format("virsh is given a device for {} that is not told here", said(guest)));
        return true;
    }
    found.entries.push_back(std::move(entry));
    return true;
}

Result<Found> read_udev(const Source& source)
{
    Found found{.file = source.name,
                .kind = Kind::udev,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    std::size_t count = 0;
    for (const auto& line : udev_lines(source.text)) {
        if (++count > most_entries)
            return bad_input(source, line.line, format("it has more than {} rules", most_entries));
        std::vector<UdevItem> items;
        if (!read_udev_items(line.text, items)) {
            found.left(line.line, format("this is no rule of udev: {}", said(trim(line.text))));
            continue;
        }
        UdevRule(found, line.line).read(items);
    }
    return found;
}

} // namespace usbroute::import_
