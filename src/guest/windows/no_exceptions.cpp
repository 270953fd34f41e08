// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What the C++ library would throw ends the program here. Without this file the linker brings in the unwinder, the
// exception classes and the demangler, nine tenths of a program that throws nothing. docs/decisions/0015
//
// operator new and delete may be replaced by every program. The other names are libstdc++'s own, declared in
// bits/functexcept.h; a version that has more of them fails to link or only grows, and the size test says so.

#include <cstdlib>
#include <new>

namespace std {

// NOLINTBEGIN(bugprone-reserved-identifier): these are the library's names
[[noreturn]] void __throw_length_error(const char*) { abort(); }
[[noreturn]] void __throw_logic_error(const char*) { abort(); }
[[noreturn]] void __throw_out_of_range_fmt(const char*, ...) { abort(); }
[[noreturn]] void __throw_bad_alloc() { abort(); }
[[noreturn]] void __throw_bad_array_new_length() { abort(); }
// NOLINTEND(bugprone-reserved-identifier)

} // namespace std

void* operator new(std::size_t size)
{
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    std::abort();
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
