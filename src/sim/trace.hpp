// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/unique_fd.hpp"

#include <string>
#include <string_view>

namespace usbroute::sim {

/// What the board says to programs and what guests are told, with the time of each, in the file that `--trace` names: a line
/// "MICROSECONDS KIND WORDS", by CLOCK_MONOTONIC. The board and its guests write into the same one.
class Trace {
public:
    /// Of the file that USBROUTE_SIM_TRACE names; without it nothing is written.
    [[nodiscard]] static Trace from_environment();

    /// `words` up to the first line feed.
    void note(std::string_view kind, std::string_view words) const;

private:
    linux_::UniqueFd file_;
};

inline constexpr const char* trace_variable = "USBROUTE_SIM_TRACE";

} // namespace usbroute::sim
