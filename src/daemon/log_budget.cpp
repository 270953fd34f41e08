// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/log_budget.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::daemon::log {

namespace {

/// What the notice of a silence's begin and that of its end take together, at most.
constexpr std::int64_t of_notices = 512;

std::string_view name_of(Kind kind)
{
    switch (kind) {
    case Kind::change: return "changes";
    case Kind::error: return "errors";
    case Kind::other: break;
    }
    return "messages";
}

std::string about(std::string_view source)
{
    return source.empty() ? std::string() : " about " + printable(source, 64);
}

} // namespace

bool Budget::Bucket::has(std::int64_t bytes, std::chrono::milliseconds now)
{
    const auto passed = last_ ? std::max((now - *last_).count(), std::chrono::milliseconds::rep{0}) : 0;
    last_ = now;
    const auto full = allowance_.at_once * whole;
    // A long silence fills it; no sum of it has to fit.
    if (passed >= 60'000 * allowance_.at_once / allowance_.per_minute + 1)
        room_ = full;
    else
        room_ = std::min(full, room_ + passed * allowance_.per_minute);
    // Once it was empty it waits for a quarter, so that its notices are few.
    return room_ >= (left_out > 0 ? std::max(full / 4, bytes * whole) : bytes * whole);
}

Budget::Bucket& Budget::of_source(std::string_view source)
{
    if (const auto found = sources_.find(source); found != sources_.end()) return found->second;
    const auto name = sources_.size() < most_sources ? std::string(source) : std::string();
    return sources_.try_emplace(name, for_a_source).first->second;
}

Budget::Admission Budget::admit(Kind kind, std::string_view source, std::size_t size,
                                std::chrono::milliseconds now)
{
    const auto bytes = static_cast<std::int64_t>(std::min(size, longest_message) + beside_the_text);
    auto& common = kinds_[static_cast<std::size_t>(kind)];
    auto* own = kind == Kind::other && !source.empty() ? &of_source(source) : nullptr;
    // Both look at the clock.
    const bool fits_own = own == nullptr || own->has(bytes, now);
    const bool fits = common.has(bytes, now) && fits_own;
    auto& counts = fits_own ? common : *own;
    const auto whose = fits_own ? std::string() : about(source);
    if (!fits) {
        if (counts.left_out++ > 0) return {};
        return {.is_written = false,
                .notice = format("too many {}{}: they are left out for a while", name_of(kind), whose)};
    }
    Admission verdict{.is_written = true, .notice = {}};
    for (auto* bucket : {&common, own}) {
        if (bucket == nullptr) continue;
        bucket->take(bytes);
        const auto missing = std::exchange(bucket->left_out, 0);
        if (missing == 0) continue;
        verdict.notice += format("{}{} {}{} were left out", verdict.notice.empty() ? "" : "; ", missing,
                                 name_of(kind), bucket == own ? about(source) : std::string());
        bucket->take(of_notices);
    }
    return verdict;
}

} // namespace usbroute::daemon::log
