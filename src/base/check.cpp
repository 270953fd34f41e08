// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace usbroute {

void bug(const char* what, const char* file, int line)
{
    std::fprintf(stderr, "usbroute: bug, please report it: %s does not hold (%s:%d)\n", what, file, line);
    std::abort();
}

} // namespace usbroute
