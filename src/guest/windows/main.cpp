// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// usbroute-guest.exe and usbroute-guestw.exe: the same program, linked for the console and without one.

#include "guest/program.hpp"
#include "guest/windows/windows_border.hpp"
#include "guest/windows/windows_text.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace {

/// STATUS_CONTROL_C_EXIT: what the system says of a program that Ctrl-C has ended.
constexpr int ended_by_control_c = static_cast<int>(0xC000013A);

} // namespace

/// The C runtime's switch for expanding * and ? in arguments: a word of ours is not the name of a file.
extern "C" {
int _dowildcard = 0;
}

extern "C" int wmain(int count, wchar_t** arguments)
{
    std::vector<std::string> texts;
    for (int i = 1; i < count; ++i) texts.push_back(usbroute::guest::narrow(arguments[i]));
    const std::vector<std::string_view> words(texts.begin(), texts.end());

    usbroute::guest::WindowsBorder border;
    const auto said = usbroute::guest::run(words, border);
    usbroute::guest::write_to(STD_OUTPUT_HANDLE, said.out);
    usbroute::guest::write_to(STD_ERROR_HANDLE, said.err);
    if (said.show_errors && !said.err.empty())
        MessageBoxW(nullptr, usbroute::guest::wide(said.err).c_str(), L"usbroute",
                    MB_OK | MB_ICONWARNING | MB_SETFOREGROUND);
    return said.was_stopped ? ended_by_control_c : static_cast<int>(said.code);
}
