// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>

namespace usbroute {

/// One word for a POSIX shell, in single quotes, whatever is in it.
[[nodiscard]] std::string shell_word(std::string_view text);

} // namespace usbroute
