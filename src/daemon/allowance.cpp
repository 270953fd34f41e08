// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/allowance.hpp"

#include <algorithm>

namespace usbroute::daemon {

using config::ListenerSettings;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// One command, in the unit in which room is counted.
constexpr std::int64_t whole = 60'000;

bool is_unlimited(const ListenerSettings& listener, std::optional<uid_t> user)
{
    if (listener.per_minute == 0) return true;
    return user == uid_t{0} && !listener.guest &&
           std::holds_alternative<config::UnixAddress>(listener.address);
}

} // namespace

std::uint32_t CommandLimit::burst_of(std::uint32_t per_minute) { return std::max(20U, per_minute / 6); }

std::int64_t CommandLimit::room_at(std::uint32_t per_minute, milliseconds now) const
{
    const auto full = std::int64_t{burst_of(per_minute)} * whole;
    if (!last_) return full;
    // A day is long enough to fill any bucket, and keeps the product far from overflow.
    const auto passed = std::clamp<std::int64_t>((now - *last_).count(), 0, 86'400'000);
    return std::min(full, room_ + passed * std::int64_t{per_minute});
}

bool CommandLimit::admit(std::uint32_t per_minute, milliseconds now)
{
    if (per_minute == 0) return true;
    room_ = room_at(per_minute, now);
    last_ = now;
    if (room_ < whole) return false;
    room_ -= whole;
    return true;
}

milliseconds CommandLimit::wait(std::uint32_t per_minute, milliseconds now) const
{
    if (per_minute == 0) return milliseconds{0};
    const auto missing = std::max(std::int64_t{0}, whole - room_at(per_minute, now));
    return milliseconds{(missing + per_minute - 1) / per_minute};
}

bool CommandLimit::is_full(std::uint32_t per_minute, milliseconds now) const
{
    return room_at(per_minute, now) == std::int64_t{burst_of(per_minute)} * whole;
}

std::uint32_t most_a_minute(const ListenerSettings& listener, Weight weight)
{
    switch (weight) {
    case Weight::change: return listener.per_minute;
    case Weight::study: return listener.per_minute * 2;
    case Weight::look: return listener.per_minute * 10;
    }
    return listener.per_minute;
}

CommandLimit& Allowance::Limits::of(Weight weight)
{
    if (weight == Weight::change) return changes;
    return weight == Weight::study ? studies : looks;
}

bool Allowance::Limits::are_full(const ListenerSettings& listener, milliseconds now) const
{
    return changes.is_full(most_a_minute(listener, Weight::change), now) &&
           studies.is_full(most_a_minute(listener, Weight::study), now) &&
           looks.is_full(most_a_minute(listener, Weight::look), now);
}

std::optional<seconds> Allowance::wait_for(const ListenerSettings& listener, std::optional<uid_t> user,
                                           Weight weight, milliseconds now)
{
    if (is_unlimited(listener, user)) return std::nullopt;
    auto& limit = limits_of(listener, user, now).of(weight);
    const auto most = most_a_minute(listener, weight);
    if (limit.admit(most, now)) return std::nullopt;
    return std::chrono::ceil<seconds>(limit.wait(most, now));
}

bool Allowance::has_room(const ListenerSettings& listener, milliseconds now) const
{
    return everybody_.changes.wait(listener.per_minute, now) == milliseconds{0};
}

Allowance::Limits& Allowance::limits_of(const ListenerSettings& listener, std::optional<uid_t> user,
                                        milliseconds now)
{
    if (!user || !listener.is_control()) return everybody_;
    if (users_.size() >= most_users && !users_.contains(*user)) {
        std::erase_if(users_, [&](const auto& one) { return one.second.are_full(listener, now); });
        if (users_.size() >= most_users) return everybody_;
    }
    return users_[*user];
}

} // namespace usbroute::daemon
