// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string_view>

namespace usbroute::report {

/// What people look for in a picture: a drawing of 16 by 16 units, in strokes, for a kind of device (`topology::kind_of`).
struct Sign {
    std::string_view kind;
    std::string_view words; ///< for the legend and for screen readers
    std::string_view path;  ///< SVG's d
};

/// Null: there is no sign for it.
[[nodiscard]] const Sign* sign_for(std::string_view kind);

} // namespace usbroute::report
