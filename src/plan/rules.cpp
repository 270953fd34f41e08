// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/rules.hpp"

#include "base/format.hpp"
#include "base/glob.hpp"
#include "config/rule_order.hpp"

#include <algorithm>

namespace usbroute::plan {

using config::RuleMatch;
using config::RuleRank;
using config::RuleSettings;
using topology::UsbClass;

namespace {

bool is_of(const UsbClass& wanted, const topology::Device& device)
{
    // Its subclass and protocol are not read: a class that names them is looked for among the interfaces.
    return wanted == UsbClass{.base = device.device_class};
}

bool has_interface(const UsbClass& wanted, const topology::Device& device)
{
    return std::ranges::any_of(device.interfaces,
                               [&](const topology::Interface& one) { return wanted.covers(one); });
}

std::size_t nearness_of(const RuleSettings& rule, const RuledDevice& device)
{
    if (!rule.match.hub) return device.hubs.size();
    return static_cast<std::size_t>(std::ranges::find(device.hubs, *rule.match.hub) - device.hubs.begin());
}

bool name_different_hubs(const RuleSettings& one, const RuleSettings& other)
{
    return one.match.hub && other.match.hub && *one.match.hub != *other.match.hub;
}

/// For this device, for which both are.
bool counts_more_here(const RuleSettings& one, const RuleSettings& other, const RuledDevice& device)
{
    const bool is_by_nearness =
        config::rank_of(one) == config::rank_of(other) && name_different_hubs(one, other);
    return is_by_nearness ? nearness_of(one, device) < nearness_of(other, device)
                          : config::counts_more(one, other);
}

/// A socket that was moved is as a rule for this socket alone, and newer than such a rule.
bool counts_more_than_socket(const RuleSettings& rule)
{
    const auto rank = config::rank_of(rule);
    return rank < RuleRank::socket || (rank == RuleRank::socket && !rule.match.is_a_socket_alone());
}

std::string why_it_lost(const RuleSettings& rule, const Judgement& judgement)
{
    switch (judgement.by) {
    case Authority::by_hand: return "somebody has moved this device by its name";
    case Authority::socket_by_hand: return "somebody has moved its socket";
    case Authority::socket: return {};
    case Authority::rule: break;
    }
    const auto& won = *judgement.rule;
    const auto rank = config::rank_of(won);
    if (rank != config::rank_of(rule))
        return format("{} counts more: {}", won.name.text(), config::text_of(rank));
    if (name_different_hubs(won, rule))
        return format("{} counts more: hub {} is nearer", won.name.text(), won.match.hub->text());
    if (config::counts_more(won, rule))
        return format("{} counts more: it says more of the device", won.name.text());
    return format("{} says the same", won.name.text());
}

} // namespace

std::string name_of(const topology::Device& device)
{
    if (device.manufacturer.empty()) return device.product_name;
    return device.product_name.empty() ? device.manufacturer
                                       : device.manufacturer + " " + device.product_name;
}

bool matches(const RuleMatch& match, const RuledDevice& ruled)
{
    const auto& device = ruled.device;
    if (device.is_hub()) return false;
    if (match.id && *match.id != UsbIds{.vendor = device.vendor, .product = device.product}) return false;
    if (!match.serial.empty() && match.serial != device.serial) return false;
    if (match.socket && match.socket != ruled.socket) return false;
    if (match.hub && std::ranges::find(ruled.hubs, *match.hub) == ruled.hubs.end()) return false;
    if (match.removable && *match.removable != device.removable) return false;
    if (match.device_class && !is_of(*match.device_class, device) &&
        !has_interface(*match.device_class, device))
        return false;
    const bool has_interfaces = std::ranges::all_of(
        match.interfaces, [&](const UsbClass& wanted) { return has_interface(wanted, device); });
    return has_interfaces && (match.name.empty() || matches_glob(match.name, name_of(device)));
}

Judgement judge(const RuledDevice& device, std::span<const RuleSettings> rules)
{
    std::vector<const RuleSettings*> for_it;
    for (const auto& rule : rules)
        if (matches(rule.match, device)) for_it.push_back(&rule);
    const RuleSettings* first = nullptr;
    for (const auto* rule : for_it)
        if (first == nullptr || counts_more_here(*rule, *first, device)) first = rule;

    Judgement judgement;
    const bool is_settled = first != nullptr && first->always;
    if (device.by_hand && !is_settled)
        judgement.by = Authority::by_hand;
    else if (device.socket_by_hand && (first == nullptr || !counts_more_than_socket(*first)))
        judgement.by = Authority::socket_by_hand;
    else if (first != nullptr)
        judgement = {.by = Authority::rule, .rule = first, .lost = {}};
    for (const auto* rule : for_it)
        if (rule != judgement.rule)
            judgement.lost.push_back({.rule = rule, .why = why_it_lost(*rule, judgement)});
    return judgement;
}

} // namespace usbroute::plan
