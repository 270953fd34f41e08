// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/duration.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace usbroute::wire {

std::expected<std::chrono::seconds, std::string> read_trial_time(std::string_view text)
{
    struct Unit {
        std::string_view suffix;
        std::uint32_t seconds;
    };
    constexpr std::array<Unit, 4> units{{{"s", 1}, {"m", 60}, {"h", 3600}, {"", 1}}};
    const auto unit =
        *std::ranges::find_if(units, [text](const Unit& u) { return text.ends_with(u.suffix); });
    const auto number = parse_decimal(text.substr(0, text.size() - unit.suffix.size()));
    if (!number || *number > std::uint32_t{longest_trial.count()} / unit.seconds)
        return std::unexpected(
            format("{} is not a valid trial time: write 1s to 1h, such as 30s or 2m, or 0 for no trial",
                   printable(text, 32)));
    return std::chrono::seconds(*number * unit.seconds);
}

} // namespace usbroute::wire
