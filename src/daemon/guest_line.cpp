// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/guest_line.hpp"

#include "base/text.hpp"
#include "wire/command.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::daemon {

bool CommandLimit::admit(std::uint32_t per_minute, std::chrono::milliseconds now)
{
    if (per_minute == 0) return true;
    constexpr auto full = std::int64_t{burst} * whole;
    // A day is long enough to fill any bucket, and keeps the product far from overflow.
    const auto passed = std::clamp<std::int64_t>((now - last_.value_or(now)).count(), 0, 86'400'000);
    last_ = now;
    room_ = std::min(full, room_ + passed * std::int64_t{per_minute});
    if (room_ < whole) return false;
    room_ -= whole;
    return true;
}

bool SerialLife::is_stale(bool is_within_a_line, std::chrono::milliseconds now)
{
    const auto before = std::exchange(last_bytes_, now);
    return is_within_a_line && before && now - *before >= longest_pause;
}

void SerialLife::said(std::string_view answer, std::chrono::milliseconds now)
{
    if (!said_at_ || now - *said_at_ >= echo_time) said_.clear();
    said_at_ = now;
    said_ += answer;
    if (said_.size() > wire::longest_line) said_.erase(0, said_.size() - wire::longest_line);
}

bool SerialLife::is_echo(std::string_view line, std::chrono::milliseconds now) const
{
    line = trim(line);
    return said_at_ && now - *said_at_ < echo_time && line.find_first_of(" \t") != std::string_view::npos &&
           said_.find(line) != std::string::npos;
}

} // namespace usbroute::daemon
