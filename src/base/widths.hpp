// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>

namespace usbroute {

/// Columns that a character, which is safe to print, takes on a terminal: 0 for a mark that goes onto the character
/// before it, 2 for a wide one.
///
/// From a table of our own: the C library's wcwidth knows them only after setlocale, which reads files at every
/// start, and musl's and glibc's differ.
[[nodiscard]] std::size_t columns_of(char32_t point);

} // namespace usbroute
