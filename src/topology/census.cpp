// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/census.hpp"

#include <algorithm>
#include <iterator>

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

bool Census::is_as(const Census& other) const
{
    return difference(functions, other.functions).empty() && difference(usb, other.usb).empty() &&
           difference(blocks, other.blocks).empty();
}

} // namespace usbroute::topology
