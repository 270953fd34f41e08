// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace usbroute {

/// Whole text or nothing; no plus sign, no white space, and nothing that does not fit.
template <class Number> [[nodiscard]] std::optional<Number> number_from(std::string_view text, int base = 10)
{
    Number number{};
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number, base);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

} // namespace usbroute
