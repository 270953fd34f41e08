// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace usbroute {

/// What kind of "no" an error is. The command line's exit codes follow from it (DESIGN: 1 to 8).
enum class ErrorKind : std::uint8_t {
    failed,        ///< Tried, the world said no; the machine is as before.
    usage,         ///< The request itself is wrong.
    unreachable,   ///< Nobody answers: the daemon does not run.
    not_found,     ///< No such connector, profile or guest.
    not_permitted, ///< The kernel, a listener's rights or a file mode say no.
    refused,       ///< The planner said no; nothing was touched.
    timed_out,     ///< Took too long; rolled back.
    half_way,      ///< Could not be completed nor undone; the text says how to recover.
};

/// A failure as a value. Each level puts in front what only it knows, so that the whole reads from the
/// wish down to the cause: "cannot move front-left: cannot write XUSB2PR of 0000:00:14.0: ...".
class Error {
public:
    Error(ErrorKind kind, std::string message);
    /// As above, with the system's words for `errno_value` at the end.
    Error(ErrorKind kind, std::string message, int errno_value);

    [[nodiscard]] ErrorKind kind() const { return kind_; }
    [[nodiscard]] const std::string& message() const { return message_; }
    /// A stable word for scripts, "write-did-not-take"; empty where the kind says enough.
    [[nodiscard]] const std::string& code() const { return code_; }
    /// 0 where no system call was involved.
    [[nodiscard]] int errno_value() const { return errno_value_; }

    /// The same error, seen from one level further up.
    [[nodiscard]] Error within(std::string_view context) &&;
    [[nodiscard]] Error with_code(std::string code) &&;

private:
    ErrorKind kind_;
    int errno_value_ = 0;
    std::string code_;
    std::string message_;
};

template <class T> using Result = std::expected<T, Error>;

/// Tried, and the world said no; with the system's words where a system call did.
[[nodiscard]] std::unexpected<Error> failure(std::string message);
[[nodiscard]] std::unexpected<Error> failure(std::string message, int errno_value);

/// What was asked is wrong, whoever asked.
[[nodiscard]] Error usage_error(std::string message);

/// The system's words for an errno value.
[[nodiscard]] std::string errno_text(int errno_value);

} // namespace usbroute
