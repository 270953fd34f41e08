// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::daemon {

/// What has come over the lines of one guest. Counts only.
struct LineCounts {
    std::uint64_t commands = 0; ///< requests, also those not permitted
    std::uint64_t noise = 0;    ///< lines that were no request and got no answer
    std::uint64_t partials = 0; ///< of the noise: beginnings of lines that were too old
    std::uint64_t echoes = 0;   ///< of the noise: pieces of our own answers
    std::uint64_t limited = 0;  ///< of the commands: too many, not carried out
};

/// What a serial line does to lines (docs/decisions/0017): a login prompt or a broken-off command that waits there for
/// hours, and a terminal that sends back what we have said, folded at its right edge.
class SerialLife {
public:
    /// A pause of this length inside a line separates what came before it from what comes after.
    static constexpr std::chrono::milliseconds longest_pause{5000};
    /// An echo comes at once; the same words later are meant.
    static constexpr std::chrono::milliseconds echo_time{1000};

    /// Bytes have come, `is_within_a_line` if the line before them has no end yet. True: that beginning is too old.
    [[nodiscard]] bool is_stale(bool is_within_a_line, std::chrono::milliseconds now);
    void said(std::string_view answer, std::chrono::milliseconds now);
    /// Whether a line is a piece of what was said last. A single word never is: it may well be a command.
    [[nodiscard]] bool is_echo(std::string_view line, std::chrono::milliseconds now) const;

private:
    std::optional<std::chrono::milliseconds> last_bytes_;
    std::string said_; ///< at most one line's worth
    std::optional<std::chrono::milliseconds> said_at_;
};

} // namespace usbroute::daemon
