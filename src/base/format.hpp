// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

/// The one door to {fmt}: g++ 12 has no <format>. Everything else includes this file, so that a later
/// move to std::format touches one place.
///
/// The formatter itself is compiled once, in format.cpp. In every file that formats a string it was half of the
/// build: docs/decisions/0030.
#include <fmt/core.h>

#include <string>

namespace usbroute {

/// `text` with `arguments` filled in. `text` was checked against their types where `format` was called.
[[nodiscard]] std::string formatted(fmt::string_view text, fmt::format_args arguments);

template <
    typename... Arguments> // NOLINTNEXTLINE(cppcoreguidelines-missing-std-forward): make_format_args takes references
[[nodiscard]] std::string format(fmt::format_string<Arguments...> text, Arguments&&... arguments)
{
    return formatted(text, fmt::make_format_args(arguments...));
}

} // namespace usbroute
