// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/activity.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace usbroute::topology {

namespace {

// include/uapi/linux/route.h
constexpr std::uint32_t route_is_up = 0x0001;   // RTF_UP
constexpr std::uint32_t route_refuses = 0x0200; // RTF_REJECT

void add_once(std::vector<std::string>& names, std::string_view name)
{
    if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
}

bool is_in_use(std::string_view flags)
{
    const auto bits = parse_hex(flags);
    return bits && (*bits & route_is_up) != 0 && (*bits & route_refuses) == 0;
}

} // namespace

std::vector<std::string> parse_routes(std::string_view text)
{
    std::vector<std::string> names;
    for (const auto line : split(text, '\n')) {
        // Iface Destination Gateway Flags RefCnt Use Metric Mask ... (net/ipv4/fib_trie.c, fib_route_seq_show)
        const auto fields = words(line);
        if (fields.size() < 8 || fields[1] != "00000000" || fields[7] != "00000000") continue;
        if (is_in_use(fields[3])) add_once(names, fields[0]);
    }
    return names;
}

std::vector<std::string> parse_ipv6_routes(std::string_view text)
{
    constexpr std::string_view anywhere = "00000000000000000000000000000000";
    std::vector<std::string> names;
    for (const auto line : split(text, '\n')) {
        // destination length source length next-hop metric references use flags device (net/ipv6/route.c)
        const auto fields = words(line);
        if (fields.size() < 10 || fields[0] != anywhere || fields[1] != "00") continue;
        if (is_in_use(fields[8])) add_once(names, fields[9]);
    }
    return names;
}

} // namespace usbroute::topology
