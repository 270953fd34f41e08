// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/heard_events.hpp"

#include <cstddef>

namespace usbroute::daemon {

namespace {
constexpr std::size_t most_numbers = 4096;
}

void HeardEvents::add(std::span<const std::uint64_t> numbers)
{
    numbers_.insert(numbers.begin(), numbers.end());
    if (numbers_.size() > most_numbers) numbers_.clear();
}

std::uint64_t HeardEvents::unbroken_after(std::uint64_t count) const
{
    for (auto next = numbers_.upper_bound(count); next != numbers_.end() && *next == count + 1; ++next)
        count = *next;
    return count;
}

void HeardEvents::forget_up_to(std::uint64_t count)
{
    numbers_.erase(numbers_.begin(), numbers_.upper_bound(count));
}

} // namespace usbroute::daemon
