// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/rule_order.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace usbroute::config {

namespace {

/// What `other` asks for, `one` asks for as well.
template <class Value> bool has_it_too(const std::optional<Value>& one, const std::optional<Value>& other)
{
    return !other || one == other;
}
bool has_it_too(const std::string& one, const std::string& other) { return other.empty() || one == other; }

template <class Value> bool differ(const std::optional<Value>& one, const std::optional<Value>& other)
{
    return one && other && *one != *other;
}

/// Of a device that has an interface of this class, the device or an interface is of it.
bool is_covered(const topology::UsbClass& wanted, const RuleMatch& one)
{
    return (one.device_class && wanted.covers(*one.device_class)) ||
           std::ranges::any_of(one.interfaces,
                               [&](const topology::UsbClass& had) { return wanted.covers(had); });
}

bool is_a_pattern(std::string_view name) { return name.find_first_of("*?") != std::string_view::npos; }

/// One for each thing that it asks for.
std::vector<RuleMatch> parts_of(const RuleMatch& match)
{
    std::vector<RuleMatch> parts;
    if (match.id) parts.push_back({.id = match.id});
    if (!match.serial.empty()) parts.push_back({.serial = match.serial});
    if (!match.name.empty()) parts.push_back({.name = match.name});
    if (match.device_class) parts.push_back({.device_class = match.device_class});
    for (const auto& interface : match.interfaces) parts.push_back({.interfaces = {interface}});
    if (match.socket) parts.push_back({.socket = match.socket});
    if (match.hub) parts.push_back({.hub = match.hub});
    if (match.removable) parts.push_back({.removable = match.removable});
    return parts;
}

/// Each device that is as both rules say is as this one says.
bool holds_where_both_hold(const RuleMatch& third, const RuleMatch& one, const RuleMatch& other)
{
    return std::ranges::all_of(parts_of(third), [&](const RuleMatch& part) {
        return says_all_of(one, part) || says_all_of(other, part);
    });
}

} // namespace

RuleRank rank_of(const RuleSettings& rule)
{
    const auto& match = rule.match;
    if (rule.always) return RuleRank::always;
    if (match.socket && (match.id || !match.serial.empty())) return RuleRank::device_at_socket;
    if (!match.serial.empty()) return RuleRank::serial;
    if (match.id) return RuleRank::id;
    if (match.socket) return RuleRank::socket;
    return match.hub ? RuleRank::hub : RuleRank::kind;
}

std::string_view text_of(RuleRank rank)
{
    switch (rank) {
    case RuleRank::always: return "always the host's";
    case RuleRank::device_at_socket: return "by device and socket";
    case RuleRank::serial: return "by serial number";
    case RuleRank::id: return "by id";
    case RuleRank::socket: return "by socket";
    case RuleRank::hub: return "by hub";
    case RuleRank::kind: return "by kind";
    }
    return "";
}

bool says_all_of(const RuleMatch& one, const RuleMatch& other)
{
    const bool has_class = !other.device_class || is_covered(*other.device_class, one);
    const bool has_interfaces = std::ranges::all_of(other.interfaces, [&](const topology::UsbClass& wanted) {
        return std::ranges::any_of(one.interfaces,
                                   [&](const topology::UsbClass& had) { return wanted.covers(had); });
    });
    return has_class && has_interfaces && has_it_too(one.id, other.id) &&
           has_it_too(one.serial, other.serial) && has_it_too(one.name, other.name) &&
           has_it_too(one.socket, other.socket) && has_it_too(one.hub, other.hub) &&
           has_it_too(one.removable, other.removable);
}

bool exclude_each_other(const RuleMatch& one, const RuleMatch& other)
{
    const bool have_other_names = !one.name.empty() && !other.name.empty() && !is_a_pattern(one.name) &&
                                  !is_a_pattern(other.name) && lower(one.name) != lower(other.name);
    const bool have_other_serials =
        !one.serial.empty() && !other.serial.empty() && one.serial != other.serial;
    return differ(one.id, other.id) || have_other_serials || have_other_names ||
           differ(one.socket, other.socket) || differ(one.removable, other.removable);
}

bool counts_more(const RuleSettings& one, const RuleSettings& other)
{
    const auto rank = rank_of(one);
    const auto other_rank = rank_of(other);
    if (rank != other_rank) return rank < other_rank;
    return says_all_of(one.match, other.match) && !says_all_of(other.match, one.match);
}

std::vector<std::pair<const RuleSettings*, const RuleSettings*>>
contradictions(std::span<const RuleSettings> rules, std::size_t most)
{
    std::vector<std::pair<const RuleSettings*, const RuleSettings*>> found;
    const auto is_settled = [&](const RuleSettings& one, const RuleSettings& other) {
        return std::ranges::any_of(rules, [&](const RuleSettings& third) {
            return &third != &one && &third != &other && counts_more(third, one) &&
                   counts_more(third, other) && holds_where_both_hold(third.match, one.match, other.match);
        });
    };
    // Rules of another rank, id, serial number or socket never meet: most are not even compared.
    using Bucket = std::tuple<RuleRank, std::optional<UsbIds>, std::string, std::optional<ConnectorName>>;
    std::map<Bucket, std::vector<const RuleSettings*>> buckets;
    for (const auto& rule : rules) {
        const auto rank = rank_of(rule);
        Bucket bucket{rank, {}, {}, {}};
        if (rank == RuleRank::id) std::get<1>(bucket) = rule.match.id;
        if (rank == RuleRank::serial) std::get<2>(bucket) = rule.match.serial;
        if (rank == RuleRank::socket || rank == RuleRank::device_at_socket)
            std::get<3>(bucket) = rule.match.socket;
        buckets[bucket].push_back(&rule);
    }
    for (const auto& [bucket, same] : buckets)
        for (std::size_t i = 0; i < same.size(); ++i)
            for (std::size_t j = i + 1; j < same.size(); ++j) {
                const auto& one = *same[i];
                const auto& other = *same[j];
                if (one.says_the_same(other) || exclude_each_other(one.match, other.match) ||
                    differ(one.match.hub, other.match.hub) || counts_more(one, other) ||
                    counts_more(other, one) || is_settled(one, other))
                    continue;
                found.emplace_back(&one, &other);
                if (found.size() == most) return found;
            }
    return found;
}

std::string whom_in_words(const RuleSettings& rule)
{
    if (rule.ask.empty()) return text_of(rule.to);
    return "ask " + join(texts_of(rule.ask, [](const Target& one) { return text_of(one); }), " or ");
}

std::string text_of(const RuleMatch& match)
{
    std::vector<std::string> parts;
    if (match.id) parts.push_back("id " + match.id->text());
    if (!match.serial.empty()) parts.push_back("serial number " + printable(match.serial, 64));
    if (!match.name.empty()) parts.push_back(format("name \"{}\"", printable(match.name, 64)));
    if (match.device_class) parts.push_back("class " + match.device_class->text());
    for (const auto& interface : match.interfaces) parts.push_back("interface " + interface.text());
    if (match.socket) parts.push_back("socket " + match.socket->text());
    if (match.hub) parts.push_back("hub " + match.hub->text());
    if (match.removable) parts.emplace_back(*match.removable ? "removable" : "fixed");
    return join(parts, ", ");
}

} // namespace usbroute::config
