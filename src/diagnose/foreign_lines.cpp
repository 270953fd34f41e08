// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "diagnose/foreign_lines.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <ranges>
#include <span>
#include <utility>

namespace usbroute::diagnose {

namespace {

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

bool has_variable(std::string_view word) { return word.find_first_of("$`%") != std::string_view::npos; }

Does stronger(Does one, Does other) { return std::max(one, other); }
/// Both must hold.
Does weaker(Does one, Does other) { return std::min(one, other); }

/// A number of setpci's, in hexadecimal with or without 0x; "*" and nothing stand for any.
bool fits_field(std::string_view field, std::uint32_t is)
{
    if (field.empty() || field == "*") return true;
    if (field.starts_with("0x") || field.starts_with("0X")) field.remove_prefix(2);
    return parse_hex(field) == is;
}

/// setpci's -s: [[[[domain]:]bus]:][device][.[function]] (pciutils, pcilib(7)).
Does names_slot(std::string_view slot, const PciAddress& address)
{
    if (has_variable(slot)) return Does::perhaps;
    const auto last = slot.rfind(':');
    auto rest = last == std::string_view::npos ? slot : slot.substr(last + 1);
    const auto front = last == std::string_view::npos ? std::string_view() : slot.substr(0, last);
    const auto middle = front.rfind(':');
    const auto bus = middle == std::string_view::npos ? front : front.substr(middle + 1);
    const auto domain = middle == std::string_view::npos ? std::string_view() : front.substr(0, middle);
    const auto dot = rest.find('.');
    const auto function = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    const bool fits = fits_field(domain, address.domain) && fits_field(bus, address.bus) &&
                      fits_field(rest.substr(0, dot), address.device) &&
                      fits_field(function, address.function);
    return fits ? Does::yes : Does::no;
}

/// setpci's -d: [vendor]:[device][:class[:interface]].
Does names_id(std::string_view id, const XhciNames& xhci)
{
    if (has_variable(id)) return Does::perhaps;
    constexpr std::uint32_t usb_controller = 0x0c03; // PCI code and ID assignment
    constexpr std::uint32_t xhci_interface = 0x30;
    const std::array<std::uint32_t, 4> is{xhci.vendor, xhci.device, usb_controller, xhci_interface};
    const auto fields = split(id, ':');
    for (std::size_t i = 0; i < std::min(fields.size(), is.size()); ++i)
        if (!fits_field(fields[i], is[i])) return Does::no;
    return Does::yes;
}

struct NamedRegister {
    std::string_view name;
    std::uint32_t offset;
};
/// Registers that setpci knows by name (pciutils, names-... `setpci --dumpregs`). Its capabilities: on these xHCI power
/// management is at 0x70 and MSI at 0x80 (Intel 9 Series PCH data sheet, 17.1, PWR_CAPID and MSI_CAPID).
constexpr std::array<NamedRegister, 28> named_registers{{
    {"vendor_id", 0x00},      {"device_id", 0x02},
    {"command", 0x04},        {"status", 0x06},
    {"revision", 0x08},       {"class_prog", 0x09},
    {"class_device", 0x0a},   {"cache_line_size", 0x0c},
    {"latency_timer", 0x0d},  {"header_type", 0x0e},
    {"bist", 0x0f},           {"base_address_0", 0x10},
    {"base_address_1", 0x14}, {"base_address_2", 0x18},
    {"base_address_3", 0x1c}, {"base_address_4", 0x20},
    {"base_address_5", 0x24}, {"cardbus_cis", 0x28},
    {"subsystem_id", 0x2e},   {"subsystem_vendor_id", 0x2c},
    {"rom_address", 0x30},    {"interrupt_line", 0x3c},
    {"interrupt_pin", 0x3d},  {"min_gnt", 0x3e},
    {"max_lat", 0x3f},        {"cap_pm", 0x70},
    {"cap01", 0x70},          {"cap_msi", 0x80},
}};

/// The offset that a register's word means, without width and value; nothing: none in the first 256 bytes, or unknown.
std::optional<std::uint32_t> offset_of(std::string_view word)
{
    std::uint32_t further = 0;
    if (const auto plus = word.find('+'); plus != std::string_view::npos) {
        const auto number = parse_hex(word.substr(plus + 1));
        if (!number) return std::nullopt;
        further = *number;
        word = word.substr(0, plus);
    }
    if (const auto at = word.find('@'); at != std::string_view::npos) word = word.substr(0, at);
    const auto named = std::ranges::find(named_registers, word, &NamedRegister::name);
    if (named != named_registers.end()) return named->offset + further;
    if (word == "cap05") return 0x80 + further;
    if (word.starts_with("0x")) word.remove_prefix(2);
    const auto number = parse_hex(word);
    return number ? std::optional(*number + further) : std::nullopt;
}

std::uint32_t width_of(char letter) { return letter == 'l' ? 4 : letter == 'w' ? 2 : 1; }

/// One operation of setpci's, "d0.l=3fff" or "CAP_PM+4.b=8,0". Without "=" it only reads.
Does writes_the_registers(std::string_view word)
{
    const auto equals = word.find('=');
    if (equals == std::string_view::npos) return has_variable(word) ? Does::perhaps : Does::no;
    const auto small = lower(word.substr(0, equals));
    std::string_view target = small;
    if (has_variable(target)) return Does::perhaps;
    std::uint32_t width = 1;
    if (const auto dot = target.rfind('.'); dot != std::string_view::npos) {
        if (target.size() != dot + 2) return Does::no;
        width = width_of(target[dot + 1]);
        target = target.substr(0, dot);
    }
    const auto offset = offset_of(target);
    if (!offset) return Does::no;
    constexpr std::uint32_t first = 0xd0; // XUSB2PR
    constexpr std::uint32_t end = 0xe0;   // behind USB3PRM
    const auto values = word.substr(equals + 1);
    const auto count = static_cast<std::uint32_t>(std::ranges::count(values, ',') + 1);
    return *offset < end && *offset + width * count > first ? Does::yes : Does::no;
}

/// The words of a line of a shell, a unit, a crontab, a udev rule or a program's list of arguments: quotes and brackets
/// are only around them. An end of a command stands alone as ";".
std::vector<std::string> words_of(std::string_view line)
{
    std::vector<std::string> all;
    std::string word;
    const auto finish = [&] {
        while (!word.empty() && std::string_view("[],").find(word.back()) != std::string_view::npos)
            word.pop_back();
        while (!word.empty() && std::string_view("[],").find(word.front()) != std::string_view::npos)
            word.erase(0, 1);
        if (!word.empty()) all.push_back(std::move(word));
        word.clear();
    };
    for (const char c : line) {
        if (c == '#' && word.empty()) break; // a comment
        if (std::string_view(";&|()`\n").find(c) != std::string_view::npos) {
            finish();
            if (all.empty() || all.back() != ";") all.emplace_back(";");
        } else if (std::string_view(" \t\r\"'").find(c) != std::string_view::npos) {
            finish();
        } else {
            word += c;
        }
    }
    finish();
    return all;
}

bool is_setpci(std::string_view word)
{
    // "ExecStart=/usr/bin/setpci", "RUN+=/sbin/setpci"
    const auto name = word.substr(word.find_last_of("/=") + 1);
    return name == "setpci";
}

/// Whether the command that these words begin only prints what follows: "echo use setpci ...".
bool is_only_printed(std::span<const std::string> before)
{
    const auto reversed = std::views::reverse(before);
    const auto start = std::ranges::find(reversed, ";").base();
    return start != before.end() && (*start == "echo" || *start == "printf");
}

/// The words behind one "setpci", up to the end of that command: devices by -s and -d, and operations on them.
class SetpciCommand {
public:
    explicit SetpciCommand(const XhciNames& xhci) : xhci_(xhci) {}

    Does read(std::span<const std::string> words)
    {
        for (std::size_t i = 0; i < words.size() && words[i] != ";"; ++i) {
            const std::string_view word = words[i];
            if (word.size() > 1 && word.front() == '-') {
                const std::string_view next = i + 1 < words.size() ? std::string_view(words[i + 1]) : "";
                if (read_option(word.substr(1), next)) ++i;
            } else if (has_variable(word) && word.find('=') == std::string_view::npos && !device_) {
                device_ = Does::perhaps; // the options themselves are in a variable
                verdict_ = stronger(verdict_, Does::perhaps);
            } else {
                within_a_device_ = false;
                verdict_ = stronger(verdict_, weaker(device_.value_or(Does::no), writes_the_registers(word)));
            }
        }
        return only_shows_ ? Does::no : verdict_;
    }

private:
    /// True: it took the next word, too. Letters can stand together, "-vs 00:14.0", and a value at its letter.
    bool read_option(std::string_view letters, std::string_view next)
    {
        if (letters.starts_with('-')) return false; // --dumpregs, --version
        for (std::size_t at = 0; at < letters.size(); ++at) {
            const char letter = letters[at];
            if (letter == 'D') only_shows_ = true; // "demo": nothing is written
            if (std::string_view("sdAOG").find(letter) == std::string_view::npos) continue;
            if (letter == 'G') continue;
            auto value = letters.substr(at + 1);
            const bool is_next = value.empty();
            if (is_next) value = next;
            if (letter == 's') take_device(names_slot(value, xhci_.address));
            if (letter == 'd') take_device(names_id(value, xhci_));
            return is_next;
        }
        return false;
    }

    /// -s and -d together narrow it; after operations they begin another device.
    void take_device(Does names)
    {
        device_ = within_a_device_ && device_ ? weaker(*device_, names) : names;
        within_a_device_ = true;
    }

    const XhciNames& xhci_;
    std::optional<Does> device_;
    bool within_a_device_ = false;
    bool only_shows_ = false;
    Does verdict_ = Does::no;
};

/// dd, a shell or a program that opens the function's configuration space: where in it, the line does not say.
bool opens_the_configuration_space(std::string_view line, const XhciNames& xhci)
{
    const auto text = lower(line);
    const auto file = text.find(xhci.address.text() + "/config");
    if (file == std::string::npos) return false;
    const auto before = std::string_view(text).substr(0, file);
    return before.rfind("of=") != std::string_view::npos || before.rfind('>') != std::string_view::npos ||
           text.find("\"r+b", file) != std::string::npos || text.find("'r+b", file) != std::string::npos ||
           text.find("\"wb", file) != std::string::npos || text.find("o_rdwr", file) != std::string::npos;
}

/// KEY=="value" or KEY!="value" of a udev rule; empty: the rule has no such key.
struct Match {
    std::string value;
    bool is_negative = false;
};
std::optional<Match> match_of(std::string_view rule, std::string_view key)
{
    const auto small = lower(rule);
    for (auto at = small.find(key); at != std::string::npos; at = small.find(key, at + 1)) {
        auto rest = std::string_view(small).substr(at + key.size());
        while (rest.starts_with(' ')) rest.remove_prefix(1);
        const bool is_negative = rest.starts_with("!=");
        if (!is_negative && !rest.starts_with("==")) continue;
        rest.remove_prefix(2);
        while (rest.starts_with(' ')) rest.remove_prefix(1);
        if (!rest.starts_with('"')) continue;
        rest.remove_prefix(1);
        return Match{.value = std::string(rest.substr(0, rest.find('"'))), .is_negative = is_negative};
    }
    return std::nullopt;
}

/// A pattern of udev's or a shell's: "|" between several, "*" and "?" in each.
bool fits_glob(std::string_view pattern, std::string_view text)
{
    std::size_t p = 0;
    std::size_t t = 0;
    std::optional<std::pair<std::size_t, std::size_t>> last_star; // and up to where it stands for the text
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            last_star = {++p, t};
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p, ++t;
        } else if (last_star) {
            p = last_star->first;
            t = ++last_star->second;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool fits_any(std::string_view patterns, std::string_view text)
{
    return std::ranges::any_of(split(patterns, '|'),
                               [&](std::string_view one) { return fits_glob(one, text); });
}

bool rule_covers(std::string_view rule, const XhciNames& xhci)
{
    const std::array<std::pair<std::string_view, std::string>, 6> facts{{
        {"subsystem", "pci"},
        {"kernel", xhci.address.text()},
        {"attr{vendor}", format("0x{:04x}", xhci.vendor)},
        {"attr{device}", format("0x{:04x}", xhci.device)},
        {"attr{class}", "0x0c0330"},
        {"driver", xhci.driver},
    }};
    for (const auto& [key, is] : facts)
        if (const auto match = match_of(rule, key); match && fits_any(match->value, is) == match->is_negative)
            return false;
    return !match_of(rule, "attr{idvendor}") && !match_of(rule, "attr{idproduct}");
}

/// The path in front of /power/control, as far as the line has it: does it lead to that function?
bool path_covers(std::string_view text, const XhciNames& xhci)
{
    const auto end = text.find("/power/control");
    if (end == std::string_view::npos) return true; // a path that is put together elsewhere
    auto begin = text.find_last_of(" \t\"'>=", end);
    begin = begin == std::string_view::npos ? 0 : begin + 1;
    const auto path = text.substr(begin, end - begin);
    if (has_variable(path)) return path.find("/usb/") == std::string_view::npos;
    if (path.find("pci") == std::string_view::npos) return false; // of USB devices, disks, sound
    return fits_any(path.substr(path.rfind('/') + 1), xhci.address.text());
}

} // namespace

Does writes_the_route(std::string_view line, const XhciNames& xhci)
{
    auto verdict = Does::no;
    const bool is_piped = line.find('|') != std::string_view::npos; // what is printed may be run
    const auto words = words_of(line);
    for (std::size_t i = 0; i < words.size(); ++i)
        if (is_setpci(words[i]) && (is_piped || !is_only_printed(std::span(words).first(i))))
            verdict = stronger(verdict, SetpciCommand(xhci).read(std::span(words).subspan(i + 1)));
    if (verdict == Does::no && opens_the_configuration_space(line, xhci)) return Does::perhaps;
    return verdict;
}

bool lets_it_sleep(const topology::ForeignLine& line, const XhciNames& xhci)
{
    const auto text = lower(line.line);
    if (text.find("powertop") != std::string::npos) return text.find("--auto-tune") != std::string::npos;
    if (text.starts_with("runtime_pm_on_")) {
        const auto value = trim(std::string_view(text).substr(text.find('=') + 1));
        return value == "auto" || value == "\"auto\"" || value == "'auto'";
    }
    if (text.find("power/control") == std::string::npos) return false;
    if (text.find("attr{power/control}") != std::string::npos)
        return text.find("attr{power/control}=\"auto\"") != std::string::npos && rule_covers(text, xhci);
    const auto plain = words_of(text);
    const bool says_auto = std::ranges::any_of(plain, [](const auto& word) { return word == "auto"; });
    return says_auto && path_covers(text, xhci);
}

bool is_exempt_from_tlp(const std::vector<topology::ForeignLine>& lines, const XhciNames& xhci)
{
    return std::ranges::any_of(lines, [&](const topology::ForeignLine& line) {
        const auto text = lower(line.line);
        const bool by_address =
            text.starts_with("runtime_pm_denylist") || text.starts_with("runtime_pm_blacklist");
        const bool by_driver =
            text.starts_with("runtime_pm_driver_denylist") || text.starts_with("runtime_pm_driver_blacklist");
        if (!by_address && !by_driver) return false;
        const auto wanted = by_driver ? xhci.driver : xhci.address.text().substr(5);
        return std::ranges::any_of(words_of(text.substr(text.find('=') + 1)), [&](const std::string& word) {
            return word == wanted || (by_address && word == xhci.address.text());
        });
    });
}

} // namespace usbroute::diagnose
