// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"

#include <fmt/format.h>

namespace usbroute {

std::string formatted(fmt::string_view text, fmt::format_args arguments)
{
    return fmt::vformat(text, arguments);
}

} // namespace usbroute
