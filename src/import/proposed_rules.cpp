// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/rule_order.hpp"
#include "import/draft.hpp"
#include "import/patterns.hpp"
#include "import/readers.hpp"
#include "import/told_devices.hpp"

#include <algorithm>

namespace usbroute::import_ {

namespace {

/// What udev calls a device made ids and a serial number, where it is plugged in.
void look_up_serial(Draft& draft, const Entry& entry, ProposedRule& rule)
{
    auto& match = rule.match;
    if (match.udev_serial.empty()) return;
    const topology::Device* found = nullptr;
    for (const auto& device : draft.here.snapshot.devices)
        if (is_device(*device, match)) found = device.get();
    if (found != nullptr) {
        match.vendor = found->vendor;
        match.product = found->product;
        match.serial = found->serial;
        match.udev_serial.clear();
        return;
    }
    rule.remark = format("its ID_SERIAL in udev is {}; it is not plugged in, so its ids are unknown",
                         said(match.udev_serial));
    draft.say(entry.origin, Weight::warning,
              format("{} is not plugged in, so its {} unknown; plug it in and import again",
                     said(match.udev_serial), match.id() ? "serial number is" : "ids and serial number are"));
}

void warn_of_several(Draft& draft, const Entry& entry, const ToldDevice& match)
{
    if (!match.id()) return;
    std::vector<std::string> seen;
    for (const auto& device : draft.here.snapshot.devices)
        if (is_device(*device, match))
            seen.push_back(device->path.text() +
                           (device->serial.empty() ? std::string(" without a serial number")
                                                   : format(" with serial number {}", said(device->serial))));
    if (seen.size() > 1)
        draft.say(entry.origin, Weight::warning,
                  format("{} devices now have the id {}: {}", seen.size(), match.id()->text(), listed(seen)));
}

/// The connectors that a rule is about, one rule each; empty text: anywhere.
std::vector<std::string> connectors_of(const Draft& draft, const RuleWish& wish)
{
    std::vector<std::string> connectors;
    if (wish.slot)
        connectors.push_back(draft.slots[*wish.slot].name);
    else if (wish.entry.for_sockets_of_guest)
        for (const auto& slot : draft.slots)
            if (slot.guest == wish.entry.guest) connectors.push_back(slot.name);
    if (connectors.empty()) connectors.emplace_back();
    return connectors;
}

bool is_same_rule(const ProposedRule& one, const ProposedRule& other)
{
    return one.match == other.match && one.socket == other.socket && one.to == other.to;
}

bool takes_devices(const Draft& draft, const std::string& guest)
{
    return std::ranges::any_of(draft.proposal.guests, [&](const ProposedGuest& one) {
        return one.settings.name.text() == guest && (one.settings.takes_devices() || !one.libvirt.empty());
    });
}

bool is_ascii_without_control(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// What the old tool searches from the beginning, in either name, whatever its case.
std::optional<std::string> name_pattern(const std::string& regex)
{
    auto pattern = glob_of_regex(regex);
    if (!pattern || pattern->find('[') != std::string::npos) return std::nullopt;
    auto anywhere = "*" + *pattern + "*";
    const auto twice =
        std::ranges::unique(anywhere, [](char one, char next) { return one == '*' && next == '*'; });
    anywhere.erase(twice.begin(), twice.end());
    return anywhere;
}

std::optional<topology::UsbClass> class_of(std::string text)
{
    std::ranges::replace(text, ':', '/');
    return topology::UsbClass::parse(text);
}

/// Why it cannot be a rule of the configuration; empty: it can, and this is it.
std::string make_rule(const Draft& draft, const ProposedRule& rule, config::RuleSettings& made)
{
    const auto& told = rule.match;
    if (rule.to.empty()) return "nobody says which guest it is for";
    if (rule.to != "host" && !takes_devices(draft, rule.to))
        return format("{} takes no single devices", rule.to);
    if (!is_ascii_without_control(told.serial) || !is_ascii_without_control(told.name))
        return "it has characters that are not in ASCII";
    made.name = RuleName(rule.name);
    made.to = config::target_from(rule.to);
    made.match.id = told.id();
    made.match.serial = told.serial;
    if (!told.name.empty()) {
        const auto pattern = name_pattern(told.name);
        if (!pattern) return "its name is a regular expression that is more than '*' and '?'";
        made.match.name = *pattern;
    }
    if (!told.device_class.empty()) {
        made.match.device_class = class_of(told.device_class);
        if (!made.match.device_class) return "its class cannot be read";
    }
    if (!told.interface_class.empty()) {
        const auto found = class_of(told.interface_class);
        if (!found) return "its interface cannot be read";
        made.match.interfaces = {*found};
    }
    if (!rule.socket.empty()) made.match.socket = ConnectorName(rule.socket);
    made.match.removable = told.removable;
    const bool knows_a_device = made.match.id || !made.match.serial.empty() || !made.match.name.empty() ||
                                made.match.device_class || !made.match.interfaces.empty() ||
                                made.match.removable;
    return knows_a_device ? std::string() : "what it asks for is not known here";
}

/// Where two of them contradict each other, the later one stays out: the old tool may have taken the first.
void leave_out_contradictions(Draft& draft)
{
    for (bool is_right = false; !is_right;) {
        std::vector<config::RuleSettings> rules;
        for (const auto& rule : draft.proposal.rules)
            if (rule.settings) rules.push_back(*rule.settings);
        const auto pairs = config::contradictions(rules, 1);
        is_right = pairs.empty();
        if (is_right) return;
        const auto& [first, later] = pairs.front();
        const auto rule = std::ranges::find(draft.proposal.rules, later->name.text(), &ProposedRule::name);
        rule->settings.reset();
        draft.say(
            rule->origin, Weight::warning,
            format(
                "[rule.{}] is written as a comment, because it contradicts [rule.{}]: one device can be as both say",
                rule->name, first->name.text()));
    }
}

void make_settings(Draft& draft)
{
    for (auto& rule : draft.proposal.rules) {
        config::RuleSettings made;
        const auto why_not = make_rule(draft, rule, made);
        if (why_not.empty())
            rule.settings = std::move(made);
        else
            draft.say(rule.origin, Weight::warning,
                      format("[rule.{}] is written as a comment, because {}", rule.name, why_not));
    }
    leave_out_contradictions(draft);
}

/// False: there are too many rules already.
bool propose_rule(Draft& draft, const RuleWish& wish, const std::string& connector)
{
    const auto& entry = wish.entry;
    auto& rules = draft.proposal.rules;
    ProposedRule rule{.name = {}, .match = *entry.device, .socket = connector, .to = {}, .remark = {}};
    look_up_serial(draft, entry, rule);
    warn_of_several(draft, entry, rule.match);
    if (entry.to == Entry::To::host)
        rule.to = "host";
    else if (!entry.guest.empty())
        rule.to = draft.guest_names.of(entry.guest, "guest");
    if (std::ranges::any_of(rules, [&](const ProposedRule& other) { return is_same_rule(rule, other); }))
        return true;
    if (rules.size() >= most_connectors) return false;
    const auto own = plain_name(entry.name);
    rule.name = own.empty() || wish.slot ? draft.rule_names.next(rule.to.empty() ? "device" : rule.to)
                                         : draft.rule_names.free(own);
    rule.origin = entry.origin;
    rules.push_back(std::move(rule));
    return true;
}

} // namespace

void propose_rules(Draft& draft)
{
    for (const auto& wish : draft.rules)
        for (const auto& connector : connectors_of(draft, wish))
            if (!propose_rule(draft, wish, connector)) return make_settings(draft);
    make_settings(draft);
}

} // namespace usbroute::import_
