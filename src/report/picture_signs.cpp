// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/picture_signs.hpp"

#include <algorithm>
#include <array>

namespace usbroute::report {

namespace {

constexpr std::array<Sign, 7> signs{{
    {"keyboard", "keyboard", "M1 4h14v8.5H1ZM4 7h.01M6.7 7h.01M9.3 7h.01M12 7h.01M5 10h6"},
    {"mouse", "mouse", "M8 1.5a4 4 0 0 1 4 4v5a4 4 0 0 1-8 0v-5a4 4 0 0 1 4-4ZM8 4.2v2.4"},
    {"disk", "disk", "M3.5 6h9v8.5h-9ZM5.5 6V1.5h5V6M7.2 3.6h.01M8.8 3.6h.01"},
    {"sound", "sound",
     "M1.5 6v4h3L8 13.2V2.8L4.5 6ZM10.5 5.5a3.6 3.6 0 0 1 0 5M12.6 3.4a6.6 6.6 0 0 1 0 9.2"},
    {"camera", "camera", "M1.5 4.5h9v7h-9ZM10.5 7.2l4-2.2v6l-4-2.2"},
    {"radio", "radio", "M8 8.5v6M5.5 14.5h5M5.2 11a4 4 0 1 1 5.6 0M3 13a7 7 0 1 1 10 0"},
    {"hub", "hub",
     "M6 1.5h4v3.5H6ZM8 5v6M8 8H3v3M8 8h5v3M1.5 11h3v3.5h-3ZM6.5 11h3v3.5h-3ZM11.5 11h3v3.5h-3Z"},
}};

} // namespace

const Sign* sign_for(std::string_view kind)
{
    const auto* const found = std::ranges::find(signs, kind, &Sign::kind);
    return found == signs.end() ? nullptr : found;
}

} // namespace usbroute::report
