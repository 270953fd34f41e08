// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/duration.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace usbroute {

namespace {

struct TimeUnit {
    std::string_view suffix;
    std::chrono::milliseconds length;
};

// "ms" comes before "s", which ends it too.
constexpr std::array<TimeUnit, 5> time_units{{{"ms", std::chrono::milliseconds(1)},
                                              {"s", std::chrono::seconds(1)},
                                              {"m", std::chrono::minutes(1)},
                                              {"h", std::chrono::hours(1)},
                                              {"", std::chrono::seconds(1)}}};

} // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text)
{
    const auto& unit = *std::ranges::find_if(
        time_units, [text](const TimeUnit& each) { return text.ends_with(each.suffix); });
    const auto number = parse_decimal(text.substr(0, text.size() - unit.suffix.size()));
    if (!number) return std::nullopt;
    return unit.length * *number;
}

} // namespace usbroute
