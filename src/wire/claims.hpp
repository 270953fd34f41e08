// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/claims.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::wire {

/// What usbroute-claims is asked, the one question that it knows; without the end of the line.
inline constexpr std::string_view claims_question = "claims";
/// An answer is not longer: some thousand partitions.
inline constexpr std::size_t longest_claims_answer = 64UL * 1024;

/// One entry of the answer: "sdb1 claimed".
[[nodiscard]] std::string in_words(const topology::Claim& claim);

/// Another entry: "8:16 under loop0".
[[nodiscard]] std::string in_words(const topology::Under& under);

/// The answer as a line, without its end: "ok sdb claimed, sdb1 claimed, sdc open process 812 (qemu-system-x86), sdd free".
/// With `is_cut` it begins "ok cut, ". What lies under something comes first, "ok 8:16 under loop0, ...": a claim that is left
/// out counts as use, and this would not. What does not fit is left out, and so counts as not told.
[[nodiscard]] std::string to_line(const topology::Claims& claims);
/// Reads such a line; nothing: it is not one.
[[nodiscard]] std::optional<topology::Claims> read_claims(std::string_view line);

} // namespace usbroute::wire
