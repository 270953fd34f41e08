// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/guest_line.hpp"

#include "base/text.hpp"
#include "wire/command.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::daemon {

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
