// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "guest/exit_code.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::guest {

/// A line of the daemon, found amidst whatever else comes over a serial line.
struct Reply {
    enum class Kind : std::uint8_t { answer, event };

    Kind kind = Kind::answer;
    ExitCode code = ExitCode::done; ///< of an answer
    std::string line;               ///< as it came, safe to print
    std::string message;            ///< the sentence of an answer that is not "ok"; safe to print
    bool is_json = false;
};

/// Nothing: the line is noise. A boot message, a login prompt, and the echo of our own request are. So that
/// "failed to start" and "error loading x" are noise too, an answer must have its whole form: after "ok" a profile
/// and OWNER=NAMES or "--", after the other three a code of the protocol, which is a word with a hyphen or one of
/// the few known ones without.
[[nodiscard]] std::optional<Reply> read_reply(std::string_view line);

/// The daemon's complaint about a blank line, with which we end a half-sent line on a serial port.
[[nodiscard]] bool is_about_blank_line(const Reply& reply);

/// The text under `key` at the top level of a JSON object; of anything else its first letters as they stand
/// ("true"). Nothing: it is not there, or the line is not an object.
[[nodiscard]] std::optional<std::string> text_at(std::string_view object, std::string_view key);

/// Cuts what comes into lines: LF, CR or both end one. Holds one line of at most 1 MiB; of a longer one the rest is
/// dropped, and it is no reply.
class ReplyCutter {
public:
    /// Takes bytes up to the end of the first reply, and removes them from `bytes`. Nothing: none has ended.
    [[nodiscard]] std::optional<Reply> next(std::string_view& bytes);

    /// Bytes of whole lines that were no replies; saturates.
    [[nodiscard]] std::size_t noise() const { return noise_; }

private:
    std::string held_;
    bool overflowed_ = false;
    std::size_t noise_ = 0;
};

} // namespace usbroute::guest
