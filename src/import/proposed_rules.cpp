// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/draft.hpp"
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
    rules.push_back(std::move(rule));
    return true;
}

} // namespace

void propose_rules(Draft& draft)
{
    std::set<std::string> noted; // files
    for (const auto& wish : draft.rules) {
        for (const auto& connector : connectors_of(draft, wish))
            if (!propose_rule(draft, wish, connector)) return;
        if (!wish.slot && noted.insert(wish.entry.origin.file).second)
            draft.say(
                wish.entry.origin, Weight::note,
                "entries for a device in any socket need [rule.NAME], which this version does not have yet: they are written as comments");
    }
}

} // namespace usbroute::import_
