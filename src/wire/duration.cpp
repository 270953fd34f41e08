// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/duration.hpp"

#include "base/duration.hpp"
#include "base/format.hpp"
#include "base/text.hpp"

namespace usbroute::wire {

std::expected<std::chrono::seconds, std::string> read_trial_time(std::string_view text)
{
    const auto time = parse_duration(text);
    if (!time || *time > longest_trial || *time % std::chrono::seconds(1) != std::chrono::seconds(0))
        return std::unexpected(
            format("{} is not a valid trial time: write 1s to 1h, such as 30s or 2m, or 0 for no trial",
                   printable(text, 32)));
    return std::chrono::duration_cast<std::chrono::seconds>(*time);
}

} // namespace usbroute::wire
