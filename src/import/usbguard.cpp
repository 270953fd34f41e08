// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"

#include <algorithm>
#include <array>

namespace usbroute::import_ {

namespace {

struct GuardWord {
    std::string text;
    bool is_quoted = false;
};

/// Nothing: a quote does not end.
std::optional<std::vector<GuardWord>> guard_words(std::string_view line)
{
    std::vector<GuardWord> found;
    for (std::size_t i = 0; i < line.size();) {
        const char c = line[i];
        if (c == ' ' || c == '\t') {
            ++i;
        } else if (c == '#') {
            break;
        } else if (c == '"') {
            GuardWord word{.text = {}, .is_quoted = true};
            for (++i; i < line.size() && line[i] != '"'; ++i) {
                if (line[i] == '\\' && i + 1 < line.size()) ++i;
                word.text += line[i];
            }
            if (i >= line.size()) return std::nullopt;
            ++i;
            found.push_back(std::move(word));
        } else if (c == '{' || c == '}') {
            found.push_back({.text = std::string(1, c)});
            ++i;
        } else {
            GuardWord word;
            while (i < line.size() && std::string_view(" \t\"{}").find(line[i]) == std::string_view::npos)
                word.text += line[i++];
            found.push_back(std::move(word));
        }
    }
    return found;
}

/// An attribute's values, and how they are meant.
struct GuardValues {
    std::string op; ///< "one-of"; empty: a single one
    std::vector<std::string> values;
};

/// A rule in parts.
struct GuardRule {
    std::string target;
    std::vector<std::pair<std::string, GuardValues>> attributes;
    bool has_condition = false;

    [[nodiscard]] const GuardValues* get(std::string_view name) const
    {
        for (const auto& [key, values] : attributes)
            if (key == name) return &values;
        return nullptr;
    }
    [[nodiscard]] std::string single(std::string_view name) const
    {
        const auto* values = get(name);
        return values != nullptr && values->values.size() == 1 ? values->values.front() : std::string();
    }
};

std::optional<GuardRule> guard_rule(std::vector<GuardWord> words)
{
    constexpr std::array<std::string_view, 9> names{
        "id",   "name", "serial", "hash", "parent-hash", "via-port", "with-interface", "with-connect-type",
        "label"};
    // As `usbguard list-rules` prints them: "12: allow ...".
    if (!words.empty() && words.front().text.ends_with(':') &&
        parse_decimal(std::string_view(words.front().text).substr(0, words.front().text.size() - 1)))
        words.erase(words.begin());
    if (words.empty()) return std::nullopt;
    GuardRule rule;
    rule.target = words.front().text;
    if (rule.target != "allow" && rule.target != "block" && rule.target != "reject") return std::nullopt;
    for (std::size_t i = 1; i < words.size();) {
        const auto& word = words[i];
        if (word.text == "if" && !word.is_quoted) {
            rule.has_condition = true;
            break;
        }
        std::string name = word.text;
        if (std::ranges::find(names, name) == names.end()) {
            // The ids may stand without their name.
            if (word.text.find(':') == std::string::npos) return std::nullopt;
            rule.attributes.emplace_back("id", GuardValues{.op = {}, .values = {word.text}});
            ++i;
            continue;
        }
        ++i;
        GuardValues values;
        if (i < words.size() && !words[i].is_quoted && words[i].text != "{" &&
            words[i].text.find(':') == std::string::npos)
            values.op = words[i++].text;
        if (i < words.size() && words[i].text == "{" && !words[i].is_quoted) {
            for (++i; i < words.size() && words[i].text != "}"; ++i) values.values.push_back(words[i].text);
            if (i >= words.size()) return std::nullopt;
            ++i;
        } else if (i < words.size()) {
            values.values.push_back(words[i++].text);
        } else {
            return std::nullopt;
        }
        rule.attributes.emplace_back(std::move(name), std::move(values));
    }
    return rule;
}

void read_guard_rule(const GuardRule& rule, std::uint32_t line, Found& found)
{
    const auto serial = rule.single("serial");
    const auto hash = rule.single("hash");
    const auto* ports = rule.get("via-port");
    if (const auto controller = PciAddress::parse(serial); controller && !hash.empty())
        found.root_hubs.push_back(
            {.hash = hash, .controller = *controller, .superspeed = rule.single("id") == "1d6b:0003"});
    const bool turns_away = rule.target != "allow";
    if (rule.has_condition && turns_away)
        found.warn(
            line,
            "the condition after \"if\" is ignored: the rule may block fewer devices than reported here");
    Entry entry{.origin = found.at(line),
                .to = turns_away ? Entry::To::rejected : Entry::To::host,
                .guest = {},
                .socket = {},
                .device = {},
                .name = rule.target,
                .mapping = {},
                .file = {},
                .parent_hash = rule.single("parent-hash")};
    if (const auto ids = rule.single("id"); !ids.empty() && ids.find('*') == std::string::npos) {
        const auto known = ids_from(ids);
        if (!known) return found.left(line, format("{} is not VENDOR:PRODUCT", said(ids)));
        entry.device = device_of(*known);
        if (!serial.empty() && !PciAddress::parse(serial)) entry.device->serial = serial;
    }
    if (ports == nullptr) {
        if (!turns_away) return;
        if (entry.device)
            found.entries.push_back(std::move(entry));
        else
            found.warn(
                line,
                format(
                    "USBGuard's rule \"{}{}\" names neither a single device nor a socket: it may block devices that come back to the host",
                    rule.target,
                    rule.single("id").empty() ? std::string() : " " + printable(rule.single("id"), 32)));
        return;
    }
    if (ports->op == "none-of")
        return found.warn(line, "USBGuard's rule applies everywhere except at the via-port none-of ports");
    for (const auto& port : ports->values) {
        auto one = entry;
        one.socket = socket_by_bus(port);
        if (!one.socket) {
            found.left(line, format("via-port {} is not a port", said(port)));
            continue;
        }
        // A root hub is no socket.
        if (one.socket->ports.empty()) {
            if (turns_away)
                found.warn(line,
                           format("USBGuard blocks the root hub {} and with it the whole bus", said(port)));
            continue;
        }
        found.entries.push_back(std::move(one));
    }
}

} // namespace

Result<Found> read_usbguard(const Source& source)
{
    Found found{.file = source.name,
                .kind = Kind::usbguard,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    std::uint32_t number = 0;
    bool any_allowed = false;
    for (const auto full : split(source.text, '\n')) {
        ++number;
        const auto line = trim(full);
        if (line.empty() || line.starts_with('#')) continue;
        const auto words = guard_words(line);
        const auto rule = words ? guard_rule(*words) : std::nullopt;
        if (!rule) {
            found.left(number, format("not a USBGuard rule: {}", said(line)));
            continue;
        }
        any_allowed = any_allowed || rule->target == "allow";
        read_guard_rule(*rule, number, found);
    }
    found.note(1,
               "USBGuard's rules stay with USBGuard: they name no guest, and usbroute does not change them");
    if (any_allowed)
        found.note(1, "the host cannot use a device that comes back from a guest unless USBGuard allows it");
    return found;
}

} // namespace usbroute::import_
