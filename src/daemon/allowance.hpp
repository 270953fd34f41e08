// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include <sys/types.h>

namespace usbroute::daemon {

/// What a command costs. A change writes registers or decides whether they stay. A study plans, or looks at what the host
/// does with its devices, which can take milliseconds of the loop; a look tells what is known.
enum class Weight : std::uint8_t { change, study, look };

/// So many a minute on the average, and a burst of them at once. Times are steady.
class CommandLimit {
public:
    /// Twenty at once is more than a person with a hot key, and less than what a looping script needs to do harm; ten
    /// seconds' worth where more is allowed.
    [[nodiscard]] static std::uint32_t burst_of(std::uint32_t per_minute);

    /// True: this one may be carried out. `per_minute` 0: any may.
    [[nodiscard]] bool admit(std::uint32_t per_minute, std::chrono::milliseconds now);
    /// How long until one more would be admitted; zero: at once.
    [[nodiscard]] std::chrono::milliseconds wait(std::uint32_t per_minute,
                                                 std::chrono::milliseconds now) const;
    /// Nothing was asked lately.
    [[nodiscard]] bool is_full(std::uint32_t per_minute, std::chrono::milliseconds now) const;

private:
    [[nodiscard]] std::int64_t room_at(std::uint32_t per_minute, std::chrono::milliseconds now) const;

    std::int64_t room_ = 0; ///< in 1/60000 of a command, so that nothing is rounded
    std::optional<std::chrono::milliseconds> last_;
};

/// How many of a kind a listener takes in a minute: twice as many studies as changes, and ten times as many looks, for
/// a status bar asks every second. Each kind has a count of its own, so that questions use up no hot key.
[[nodiscard]] std::uint32_t most_a_minute(const config::ListenerSettings& listener, Weight weight);

/// What may still come through a listener. Counted over the listener, so that connecting again begins no new count;
/// over the control socket for each user. Root has no limit on a Unix socket of its own: it has the registers. A client
/// that speaks for a guest has one, even root.
class Allowance {
public:
    /// Users of the control socket that are counted each for themselves; more than these share one count.
    static constexpr std::size_t most_users = 64;

    /// Nothing: this one may be carried out. Otherwise how long to wait, in whole seconds.
    [[nodiscard]] std::optional<std::chrono::seconds> wait_for(const config::ListenerSettings& listener,
                                                               std::optional<uid_t> user, Weight weight,
                                                               std::chrono::milliseconds now);
    /// Whether a change that comes over a guest's line now would be carried out.
    [[nodiscard]] bool has_room(const config::ListenerSettings& listener,
                                std::chrono::milliseconds now) const;

private:
    struct Limits {
        CommandLimit changes, studies, looks;

        [[nodiscard]] CommandLimit& of(Weight weight);
        [[nodiscard]] bool are_full(const config::ListenerSettings& listener,
                                    std::chrono::milliseconds now) const;
    };
    [[nodiscard]] Limits& limits_of(const config::ListenerSettings& listener, std::optional<uid_t> user,
                                    std::chrono::milliseconds now);

    Limits everybody_;
    std::map<uid_t, Limits> users_;
};

} // namespace usbroute::daemon
