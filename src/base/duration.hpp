// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace usbroute {

/// "500ms", "3s", "2m", "1h", plain "30" (seconds): how people write a time. Whole text or nothing.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

} // namespace usbroute
