// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace usbroute {

void bug(const char* what, const char* file, int line)
{
    std::fprintf(stderr, "usbroute: bug, please report it: %s does not hold (%s:%d)\n", what, file, line);
    std::abort();
}

} // namespace usbroute

#ifdef __GLIBCXX__
/// What an exception that nobody catches ends in. libstdc++ has one that prints the exception's type in C++'s own spelling,
/// and brings the reader of mangled names along: 48 KiB in every program, and a page of pointers to set at every start
/// (docs/decisions/0005).
namespace __gnu_cxx { // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the library's name for it
void __verbose_terminate_handler()
{
    const char* what = "an exception of another kind";
    try {
        if (std::current_exception()) throw;
        what = "std::terminate";
    } catch (const std::exception& exception) {
        what = exception.what();
    } catch (...) { // NOLINT(bugprone-empty-catch): said above
    }
    std::fprintf(stderr, "usbroute: bug, please report it: nobody caught %s\n", what);
    std::abort();
}
} // namespace __gnu_cxx
#endif
