// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// Moments as documents and people have them. Documents and lines of the protocol have UTC; people have the clock of
/// whoever reads (TZ, /etc/localtime).
namespace usbroute::report {

using Moment = std::chrono::sys_seconds; ///< the zero stands for "not known"

/// "2026-11-22T16:00:00Z"; empty for a moment that is not known.
[[nodiscard]] std::string utc(Moment when);
/// The same backwards, with "Z" or an offset such as "+01:00". Nothing: it has another form.
[[nodiscard]] std::optional<Moment> moment_of(std::string_view utc);

/// "2026-11-22 17:00:00".
[[nodiscard]] std::string local_time(Moment when);
/// The zone at that moment: "CET, UTC+01:00", "UTC".
[[nodiscard]] std::string zone_at(Moment when);

/// What a person writes for a moment that has passed: "90s", "10m", "2h", "3d" before `now`; "16:00", "16:00:30" of today; "2026-11-22",
/// "2026-11-22 16:00", with "T" too; "today", "yesterday"; all of these local. Or what `moment_of` reads. Nothing: none of these.
[[nodiscard]] std::optional<Moment> moment_meant(std::string_view text, Moment now);

} // namespace usbroute::report
