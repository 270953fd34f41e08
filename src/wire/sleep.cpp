// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/sleep.hpp"

namespace usbroute::wire {

std::string_view word_of(SleepNews news)
{
    switch (news) {
    case SleepNews::held: return "held";
    case SleepNews::sleeps: return "sleeps";
    case SleepNews::awake: return "awake";
    case SleepNews::absent: return "absent";
    }
    return {};
}

std::optional<SleepNews> read_sleep_news(std::string_view line)
{
    for (const auto news : {SleepNews::held, SleepNews::sleeps, SleepNews::awake, SleepNews::absent})
        if (line == word_of(news)) return news;
    return std::nullopt;
}

} // namespace usbroute::wire
