// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::config {

/// What to write at a place where a file is no TOML, for what people from other formats write: a text without quotes, yes and no, "key: value".
/// A sentence, printable. `column` counts bytes from 1. Nothing: it is none of these.
[[nodiscard]] std::optional<std::string> toml_advice(std::string_view line, std::uint32_t column);

} // namespace usbroute::config
