// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

namespace usbroute {

/// Ends the program: a promise of our own code does not hold. Never for input, hardware or users.
[[noreturn]] void bug(const char* what, const char* file, int line);

} // namespace usbroute

/// Always on, in release builds too.
#define USBROUTE_CHECK(condition)                                                                            \
    do {                                                                                                     \
        if (!(condition)) ::usbroute::bug(#condition, __FILE_NAME__, __LINE__);                              \
    } while (false)
