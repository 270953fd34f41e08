// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "chips/chips.hpp"
#include "import/readers.hpp"

#include <algorithm>

namespace usbroute::import_ {

namespace {

/// A register and its width in a word of setpci's, "d0.w=0xf:ff".
struct SetpciWord {
    std::uint32_t offset = 0;
    unsigned bytes = 1;
    std::vector<std::string> values; ///< empty: it only reads
};

std::optional<SetpciWord> setpci_word(std::string_view text)
{
    SetpciWord word;
    const auto equals = text.find('=');
    auto name = text.substr(0, equals);
    if (equals != std::string_view::npos)
        for (const auto value : split(text.substr(equals + 1), ',')) word.values.emplace_back(value);
    if (const auto dot = name.find('.'); dot != std::string_view::npos) {
        const auto width = lower(name.substr(dot + 1));
        if (width == "b")
            word.bytes = 1;
        else if (width == "w")
            word.bytes = 2;
        else if (width == "l")
            word.bytes = 4;
        else
            return std::nullopt;
        name = name.substr(0, dot);
    }
    const auto offset = parse_hex(name);
    if (!offset) return std::nullopt;
    word.offset = *offset;
    return word;
}

struct SetpciValue {
    std::uint32_t value = 0;
    std::uint32_t mask = 0;
};

std::optional<SetpciValue> setpci_value(std::string_view text, unsigned bytes)
{
    const auto colon = text.find(':');
    const std::uint32_t whole = bytes == 4 ? 0xffffffffU : (1U << (8 * bytes)) - 1;
    const auto value = parse_hex(text.substr(0, colon));
    const auto mask =
        colon == std::string_view::npos ? std::optional(whole) : parse_hex(text.substr(colon + 1));
    if (!value || !mask || *value > whole || *mask > whole) return std::nullopt;
    return SetpciValue{.value = *value, .mask = *mask};
}

/// One call of setpci: whose registers are meant.
struct SetpciCall {
    std::string device; ///< as it stands there
    bool is_known = false;
    bool is_mux = false;       ///< an xHCI that may have the mux, as far as the file tells
    std::optional<UsbIds> ids; ///< where it is named by them
};

void write_of(Found& found, const SetpciWord& word, const ShellWord& text, const std::string& label,
              const std::optional<UsbIds>& ids)
{
    namespace reg = chips::route_reg;
    const auto begin = word.offset;
    const auto end =
        word.offset + word.bytes * static_cast<std::uint32_t>(std::max<std::size_t>(1, word.values.size()));
    if (word.values.empty() || end <= reg::usb2_owner || begin >= reg::superspeed_movable + 4U) return;
    if (!text.unknown.empty())
        return found.left(text.line, format("the value of {} is known only at run time ({})", said(text.text),
                                            printable(text.unknown, 64)));
    for (std::size_t i = 0; i < word.values.size(); ++i) {
        const auto at = word.offset + static_cast<std::uint32_t>(i) * word.bytes;
        const auto value = setpci_value(word.values[i], word.bytes);
        const auto end_here = at + word.bytes;
        if (!value) {
            found.left(text.line, format("{} is not a value of {} (setpci's values are hexadecimal)",
                                         said(word.values[i]), counted(word.bytes, "byte", "bytes")));
            continue;
        }
        if (at >= reg::usb2_owner && end_here <= reg::usb2_owner + 4U) {
            const auto shift = 8 * (at - reg::usb2_owner);
            found.writes.push_back({.origin = found.at(text.line),
                                    .value = (value->value & value->mask) << shift,
                                    .mask = value->mask << shift,
                                    .of = ids,
                                    .name = label});
        } else if (at >= reg::superspeed_on && end_here <= reg::superspeed_on + 4U) {
            found.note(text.line,
                       format("{}: not needed, usbroute switches SuperSpeed together with each socket",
                              said(text.text)));
        } else if ((at >= reg::usb2_movable && end_here <= reg::usb2_movable + 4U) ||
                   (at >= reg::superspeed_movable && end_here <= reg::superspeed_movable + 4U)) {
            found.left(
                text.line,
                format(
                    "{} writes the mask of switchable ports, which belongs to the firmware; usbroute only reads it",
                    said(text.text)));
        } else {
            found.left(text.line, format("{} writes past the end of a routing register", said(text.text)));
        }
    }
}

void read_setpci_call(const std::vector<ShellWord>& words, std::size_t at, const std::string& label,
                      Found& found)
{
    SetpciCall call;
    for (std::size_t i = at; i < words.size(); ++i) {
        const auto& word = words[i];
        const std::string_view text = word.text;
        const auto option = [&](char letter) -> std::optional<std::string> {
            if (!text.starts_with("-") || text.size() < 2 || text[1] != letter) return std::nullopt;
            if (text.size() > 2) return std::string(text.substr(2));
            return i + 1 < words.size() ? words[i + 1].text : std::string();
        };
        if (const auto slot = option('s')) {
            const auto& from = text.size() > 2 ? word : words[std::min(i + 1, words.size() - 1)];
            if (text.size() == 2) ++i;
            call = {.device = *slot, .is_known = false, .is_mux = false};
            const auto address =
                PciAddress::parse(slot->find('.') == std::string::npos ? *slot + ".0" : *slot);
            call.is_known = address.has_value() && from.unknown.empty();
            // The chipset's xHCI; an address elsewhere can hold no mux.
            call.is_mux =
                call.is_known && address->bus == 0 && address->device == 0x14 && address->function == 0;
            if (!from.unknown.empty()) call.device = from.unknown;
            continue;
        }
        if (const auto ids = option('d')) {
            const auto& from = text.size() > 2 ? word : words[std::min(i + 1, words.size() - 1)];
            if (text.size() == 2) ++i;
            const auto known = ids_from(ids->substr(0, ids->find(':', ids->find(':') + 1)));
            call = {.device = *ids, .is_known = known.has_value() && from.unknown.empty(), .is_mux = false};
            call.is_mux = known && chips::family_of(known->vendor, known->product) != nullptr;
            call.ids = known;
            if (!from.unknown.empty()) call.device = from.unknown;
            continue;
        }
        if (text == "-D" || text == "--dumpregs") {
            found.note(word.line, "with -D, setpci only shows what it would do");
            return;
        }
        if (text == "-A" || text == "-O") {
            ++i;
            continue;
        }
        if (text.starts_with("-")) continue;
        const auto meant = setpci_word(text);
        if (!meant) {
            const bool writes = text.find('=') != std::string_view::npos;
            // A register by its name is none of the mux's, and what only a shell could tell may be anything.
            if (!word.unknown.empty() && (writes || text.empty()))
                found.left(word.line, format("the register is known only at run time ({})",
                                             printable(word.unknown, 64)));
            continue;
        }
        if (meant->values.empty()) continue;
        if (!call.is_known) {
            if (meant->offset >= chips::route_reg::usb2_owner &&
                meant->offset < chips::route_reg::superspeed_movable + 4U)
                found.left(word.line, format("the device of register {} is known only at run time ({})",
                                             said(text), printable(call.device, 64)));
        } else if (call.is_mux) {
            // A variable that has a value in each branch: as if the write stood there.
            for (const auto& choice : word.choices) {
                ShellWord one{.text = choice.text, .line = word.line, .unknown = {}};
                if (const auto written = setpci_word(one.text))
                    write_of(found, *written, one, choice.label, call.ids);
            }
            if (word.choices.empty()) write_of(found, *meant, word, label, call.ids);
        } else {
            found.left(word.line, format("{} is a register of {}, which is not the xHCI with the port mux",
                                         said(text), printable(call.device, 64)));
        }
    }
}

} // namespace

void read_setpci_commands(const std::vector<ShellCommand>& commands, Found& found)
{
    for (const auto& command : commands) {
        if (command.form != ShellCommand::Form::command) continue;
        const auto& words = command.words;
        const auto at = std::ranges::find_if(
            words, [](const ShellWord& word) { return last_name_of(word.text) == "setpci"; });
        if (at == words.end()) {
            // sh -c "setpci ...", and what is written into another file.
            for (const auto& word : words)
                if (word.is_quoted && word.text.find("setpci ") != std::string::npos &&
                    words.front().text != "echo" && words.front().text != "printf") {
                    auto inner = read_shell(word.text);
                    for (auto& one : inner) {
                        one.label = command.label;
                        for (auto& each : one.words) each.line = word.line;
                    }
                    read_setpci_commands(inner, found);
                }
            continue;
        }
        read_setpci_call(words, static_cast<std::size_t>(at - words.begin()) + 1, command.label, found);
    }
}

Result<Found> read_setpci(const Source& source)
{
    Found found{.file = source.name,
                .kind = Kind::setpci,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    read_setpci_commands(read_shell(source.text), found);
    if (found.writes.empty() && found.remarks.empty())
        found.left(1, "no command in this file writes a routing register");
    return found;
}

} // namespace usbroute::import_
