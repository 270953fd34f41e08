// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "guest/exit_code.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace usbroute::guest {

/// Why a port could not be used.
struct Failure {
    ExitCode code = ExitCode::unreachable;
    std::string message;
    bool may_pass = false; ///< worth another try: not there yet, nobody at the other end
    bool is_busy = false;  ///< somebody else uses it: often another run of this program, for a moment
};

enum class Came : std::uint8_t {
    bytes,
    nothing, ///< in the time that was given
    closed,  ///< the other end is gone
    stopped, ///< a signal: end, and leave the port as it was
};

struct Received {
    Came came = Came::nothing;
    std::size_t count = 0;
};

/// A way to the host, open. Its end of life puts the port back as it was.
class Line {
public:
    Line() = default;
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    virtual ~Line() = default;

    /// Waits until something comes, at most so long; zero takes what is there.
    [[nodiscard]] virtual Received receive(std::span<char> into, std::chrono::milliseconds patience) = 0;
    /// Sends all of it in that time. Came::bytes: it was sent.
    [[nodiscard]] virtual Came send(std::string_view bytes, std::chrono::milliseconds patience) = 0;
    /// Others may have spoken on it, and have left half a line: a serial line, not a connection of our own.
    [[nodiscard]] virtual bool is_shared() const = 0;
};

/// What the talk needs of a system.
class Border {
public:
    Border() = default;
    Border(const Border&) = delete;
    Border& operator=(const Border&) = delete;
    virtual ~Border() = default;

    [[nodiscard]] virtual std::expected<std::unique_ptr<Line>, Failure>
    open(const std::string& port, std::chrono::milliseconds patience) = 0;
    /// From any beginning; never goes back.
    [[nodiscard]] virtual std::chrono::milliseconds now() = 0;
    /// False: a signal says to end.
    [[nodiscard]] virtual bool pause(std::chrono::milliseconds time) = 0;
    /// A line for stdout, at once.
    virtual void show(std::string_view line) = 0;
};

} // namespace usbroute::guest
