// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// How much the daemon may log, no matter who makes it: at most a megabyte within any minute. Pure; the clock is the
/// caller's.
namespace usbroute::daemon::log {

/// What a message is about. Each kind has a budget of its own, so that none can use up another one's.
enum class Kind : std::uint8_t {
    change, ///< what was changed on the machine
    error,  ///< the administrator is needed
    other,  ///< all the rest, which peers can cause without end
};

/// Bytes: so many at once, and so many a minute on the average. In any minute at most the sum of both.
struct Allowance {
    std::int64_t at_once;
    std::int64_t per_minute;
};

class Budget {
public:
    static constexpr std::int64_t kib = 1024;
    static constexpr Allowance for_changes{.at_once = 64 * kib, .per_minute = 192 * kib};
    static constexpr Allowance for_errors{.at_once = 64 * kib, .per_minute = 128 * kib};
    static constexpr Allowance for_others{.at_once = 96 * kib, .per_minute = 192 * kib};
    /// Of `other`, what one source may have: three noisy ones leave something for a fourth.
    static constexpr Allowance for_a_source{.at_once = 24 * kib, .per_minute = 48 * kib};
    /// A longer message is cut.
    static constexpr std::size_t longest_message = 4096;
    /// What a line takes besides its text: time, name of the program, level.
    static constexpr std::size_t beside_the_text = 64;
    /// Sources beyond these share one budget.
    static constexpr std::size_t most_sources = 64;

    struct Admission {
        bool is_written = false;
        /// To be written before it; empty: nothing. Counts as written.
        std::string notice;
    };
    /// `source` is who caused the message, "listener netcat"; empty: nobody in particular. `now` is steady time.
    [[nodiscard]] Admission admit(Kind kind, std::string_view source, std::size_t size,
                                  std::chrono::milliseconds now);

private:
    class Bucket {
    public:
        explicit Bucket(Allowance allowance) : allowance_(allowance), room_(allowance.at_once * whole) {}
        [[nodiscard]] bool has(std::int64_t bytes, std::chrono::milliseconds now);
        void take(std::int64_t bytes) { room_ -= bytes * whole; }

        std::uint64_t left_out = 0;

    private:
        static constexpr std::int64_t whole = 60'000; ///< in 1/60000 of a byte, so that nothing is rounded
        Allowance allowance_;
        std::int64_t room_;
        std::optional<std::chrono::milliseconds> last_;
    };

    [[nodiscard]] Bucket& of_source(std::string_view source);

    std::array<Bucket, 3> kinds_ = {Bucket(for_changes), Bucket(for_errors), Bucket(for_others)};
    std::map<std::string, Bucket, std::less<>> sources_;
};

} // namespace usbroute::daemon::log
