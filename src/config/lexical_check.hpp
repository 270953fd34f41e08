// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/parse.hpp"

#include <optional>

namespace usbroute::config {

/// What toml++ 3.3 must not be shown, because it has no error for it.
///
/// Files and dotted keys have no bound there, and long keys exhaust the stack. In most places it asks of a
/// character whether it is a blank, and for most that are not ASCII that ends in undefined behaviour
/// (marzer/tomlplusplus, issues 190 and 295). No setting needs them, so they are allowed only in comments.
[[nodiscard]] std::optional<Problem> lexical_problem(const SourceText& source);

} // namespace usbroute::config
