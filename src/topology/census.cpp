// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/census.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <system_error>
#include <utility>

namespace usbroute::topology {

std::vector<Listed> difference(const std::vector<Listed>& before, const std::vector<Listed>& now)
{
    const auto [old_from, new_from] = std::ranges::mismatch(before, now);
    auto old_end = before.end();
    auto new_end = now.end();
    while (old_end != old_from && new_end != new_from && *std::prev(old_end) == *std::prev(new_end)) {
        --old_end;
        --new_end;
    }
    std::vector<Listed> old_part(old_from, old_end);
    std::vector<Listed> new_part(new_from, new_end);
    std::ranges::sort(old_part);
    std::ranges::sort(new_part);
    std::vector<Listed> changed;
    std::ranges::set_symmetric_difference(old_part, new_part, std::back_inserter(changed));
    return changed;
}

std::uint16_t bus_of(std::string_view name)
{
    constexpr std::string_view root_hub = "usb";
    const bool is_root_hub = name.starts_with(root_hub);
    const auto digits = is_root_hub ? name.substr(root_hub.size()) : name.substr(0, name.find('-'));
    if (!is_root_hub && digits.size() == name.size()) return 0;
    std::uint16_t bus = 0;
    const auto* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, bus);
    return read.ec == std::errc() && read.ptr == end ? bus : std::uint16_t{0};
}

ByBus<Listed> listed_by_bus(std::vector<Listed> listed)
{
    return {std::move(listed), [](const Listed& entry) { return bus_of(entry.name); }};
}

bool Census::is_as(const Census& other) const
{
    return std::ranges::all_of(
               buses_apart(usb, other.usb),
               [&](std::uint16_t bus) { return difference(usb.on(bus), other.usb.on(bus)).empty(); }) &&
           difference(functions.all(), other.functions.all()).empty() &&
           difference(blocks.all(), other.blocks.all()).empty();
}

} // namespace usbroute::topology
