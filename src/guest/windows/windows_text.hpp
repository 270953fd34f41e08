// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>

#include <windows.h>

namespace usbroute::guest {

/// From and to what Windows speaks. What is not UTF-8 or UTF-16 comes out with U+FFFD in its place.
[[nodiscard]] std::wstring wide(std::string_view utf8);
[[nodiscard]] std::string narrow(std::wstring_view utf16);

/// The system's words for an error, in its language, without the end of line; the number where it has none.
[[nodiscard]] std::string error_text(DWORD error);

/// A standard stream, be it a console, a file or a pipe. Nothing where there is none, as for a program without console.
void write_to(DWORD standard_handle, std::string_view utf8);

} // namespace usbroute::guest
