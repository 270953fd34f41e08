// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "import/found.hpp"

#include <cstddef>

/// What a file may be. A larger or deeper one is not what somebody wrote for his virtual machines.
namespace usbroute::import_ {

inline constexpr std::size_t most_bytes = 1024UL * 1024;
inline constexpr std::size_t longest_line = 64UL * 1024; ///< bytes
inline constexpr std::size_t most_depth = 32;
inline constexpr std::size_t most_entries = 10'000;

/// Why a text cannot be anybody's configuration: its size, a line's, or bytes that no text has; nothing: it can.
[[nodiscard]] std::optional<Error> why_no_text(const Source& source);
/// Without the mark of byte order in front, and with LF for CRLF.
[[nodiscard]] std::string plain_text(std::string_view text);
/// "FILE:LINE: MESSAGE", of kind refused.
[[nodiscard]] std::unexpected<Error> bad_input(const Source& source, std::uint32_t line, std::string message);

} // namespace usbroute::import_
