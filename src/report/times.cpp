// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/times.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <array>
#include <cstdlib>
#include <ctime>

namespace usbroute::report {

namespace {

using std::chrono::seconds;

Moment moment_from(std::time_t when) { return Moment(seconds(when)); }
std::time_t seconds_of(Moment when) { return static_cast<std::time_t>(when.time_since_epoch().count()); }

std::optional<std::tm> local_parts(Moment when)
{
    const auto at = seconds_of(when);
    std::tm parts{};
    if (::localtime_r(&at, &parts) == nullptr) return std::nullopt;
    return parts;
}

/// All of the text, or nothing.
bool reads_as(const std::string& text, const char* pattern, std::tm& parts)
{
    const char* const end = ::strptime(text.c_str(), pattern, &parts);
    return end != nullptr && *end == '\0';
}

/// A day and an hour of the local clock. Nothing: the clock never shows them.
std::optional<Moment> local_moment(std::tm parts)
{
    parts.tm_isdst = -1;
    const auto when = ::mktime(&parts);
    return when == static_cast<std::time_t>(-1) ? std::nullopt : std::optional(moment_from(when));
}

std::optional<Moment> moment_before(std::string_view text, Moment now)
{
    constexpr int seconds_a_minute = 60;
    constexpr int seconds_an_hour = 3600;
    constexpr int seconds_a_day = 86400;
    if (text.size() < 2) return std::nullopt;
    const auto number = parse_decimal(text.substr(0, text.size() - 1));
    if (!number) return std::nullopt;
    switch (text.back()) {
    case 's': return now - seconds(*number);
    case 'm': return now - seconds(std::int64_t{*number} * seconds_a_minute);
    case 'h': return now - seconds(std::int64_t{*number} * seconds_an_hour);
    case 'd': return now - seconds(std::int64_t{*number} * seconds_a_day);
    default: return std::nullopt;
    }
}

/// Midnight of today, and that of days before.
std::optional<std::tm> midnight(Moment now, int days_before)
{
    auto parts = local_parts(now);
    if (!parts) return std::nullopt;
    parts->tm_hour = parts->tm_min = parts->tm_sec = 0;
    parts->tm_mday -= days_before;
    return parts;
}

} // namespace

std::string utc(Moment when)
{
    if (when.time_since_epoch().count() == 0) return {};
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(when - day);
    return format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::optional<Moment> moment_of(std::string_view utc)
{
    const std::string text(utc);
    std::tm parts{};
    if (!reads_as(text, "%Y-%m-%dT%H:%M:%S%z", parts)) return std::nullopt;
    const auto offset = parts.tm_gmtoff; // timegm sets it to zero
    return moment_from(::timegm(&parts) - offset);
}

std::string local_time(Moment when)
{
    const auto parts = local_parts(when);
    if (!parts) return utc(when);
    std::array<char, 32> shown{};
    const auto length = std::strftime(shown.data(), shown.size(), "%Y-%m-%d %H:%M:%S", &*parts);
    return {shown.data(), length};
}

std::string zone_at(Moment when)
{
    const auto parts = local_parts(when);
    if (!parts || parts->tm_gmtoff == 0) return "UTC";
    constexpr long seconds_a_minute = 60;
    constexpr long minutes_an_hour = 60;
    const auto minutes = std::labs(parts->tm_gmtoff) / seconds_a_minute;
    const auto offset = format("UTC{}{:02}:{:02}", parts->tm_gmtoff < 0 ? '-' : '+',
                               minutes / minutes_an_hour, minutes % minutes_an_hour);
    const std::string_view name = parts->tm_zone == nullptr ? "" : parts->tm_zone;
    // Many zones have no letters of their own: "-03".
    const bool has_a_name = !name.empty() && name.front() != '-' && name.front() != '+';
    return has_a_name ? format("{}, {}", printable(name, 16), offset) : offset;
}

std::optional<Moment> moment_meant(std::string_view text, Moment now)
{
    if (auto before = moment_before(text, now)) return before;
    if (auto exact = moment_of(text)) return exact;
    const bool is_yesterday = text == "yesterday";
    auto today = midnight(now, is_yesterday ? 1 : 0);
    if (!today) return std::nullopt;
    if (is_yesterday || text == "today") return local_moment(*today);
    const std::string written(text);
    for (const auto* pattern : {"%H:%M", "%H:%M:%S"})
        if (auto parts = *today; reads_as(written, pattern, parts)) return local_moment(parts);
    for (const auto* pattern :
         {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"})
        if (std::tm parts{}; reads_as(written, pattern, parts)) return local_moment(parts);
    return std::nullopt;
}

} // namespace usbroute::report
