// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

namespace usbroute::live {

enum class Press : std::uint8_t { up, down, left, right, enter, escape, letter };

/// A key as the live view knows them; the terminal's own codes stay in terminal.cpp.
struct Key {
    Press press = Press::letter;
    char letter = 0; ///< for Press::letter
    bool operator==(const Key&) const = default;
};

} // namespace usbroute::live
