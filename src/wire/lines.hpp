// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "wire/command.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace usbroute::wire {

/// Cuts a stream of bytes into lines: LF, CRLF, or a lone CR as terminals and serial lines send it. Holds at most
/// one line; what is longer is dropped to its end and reported once.
class LineCutter {
public:
    struct Line {
        std::string text;
        bool too_long = false; ///< then `text` is empty
    };

    /// `longest`: bytes of a line, without its end.
    LineCutter() = default;
    explicit LineCutter(std::size_t longest) : longest_(longest) {}

    /// Takes bytes up to the end of the first line in `bytes`, and removes them from it. Nothing: no line ended.
    [[nodiscard]] std::optional<Line> next(std::string_view& bytes);
    /// A line has begun, and its end has not come.
    [[nodiscard]] bool is_within_a_line() const { return overflowed_ || !held_.empty(); }
    /// That line is too long already, whatever comes.
    [[nodiscard]] bool is_within_a_long_line() const { return overflowed_; }
    /// What has come of that line; empty also where it is too long.
    [[nodiscard]] std::string_view begun() const { return held_; }
    /// What has begun is no line: the next byte begins one.
    void drop();

private:
    std::size_t longest_ = longest_line;
    std::string held_;
    bool overflowed_ = false;
    bool after_cr_ = false;
};

} // namespace usbroute::wire
