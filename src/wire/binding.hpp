// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What usbrouted says to usbroute-bind, and what it is told.
namespace usbroute::wire {

/// What usbroute-bind is asked for: one controller to vfio-pci, or back to the driver of the host's that the kernel finds.
struct BindQuestion {
    enum class What : std::uint8_t { give, take };

    What what = What::give;
    PciAddress function;
    bool operator==(const BindQuestion&) const = default;
};

/// A question is not longer, its end of line included.
inline constexpr std::size_t longest_bind_question = 32;
/// Nor is an answer.
inline constexpr std::size_t longest_bind_answer = 2048;

/// "give 0000:03:00.0", without the end of the line.
[[nodiscard]] std::string to_line(const BindQuestion& question);
/// Reads such a line; nothing: it is not one. Addresses are written whole, in lower case: one word for one function.
[[nodiscard]] std::optional<BindQuestion> read_bind_question(std::string_view line);

/// "ok", or "no refused group-shared SENTENCE", cut where it is too long.
[[nodiscard]] std::string bind_answer(const Result<void>& done);
/// Reads such a line; nothing: it is not one.
[[nodiscard]] std::optional<Result<void>> read_bind_answer(std::string_view line);

} // namespace usbroute::wire
