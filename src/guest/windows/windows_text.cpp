// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/windows/windows_text.hpp"

#include "base/text.hpp"

#include <array>

namespace usbroute::guest {

std::wstring wide(std::string_view utf8)
{
    if (utf8.empty()) return {};
    const auto bytes = static_cast<int>(utf8.size());
    const int count = MultiByteToWideChar(CP_UTF8, 0, utf8.data(), bytes, nullptr, 0);
    std::wstring text(static_cast<std::size_t>(count > 0 ? count : 0), L'\0');
    MultiByteToWideChar(CP_UTF8, 0, utf8.data(), bytes, text.data(), count);
    return text;
}

std::string narrow(std::wstring_view utf16)
{
    if (utf16.empty()) return {};
    const auto units = static_cast<int>(utf16.size());
    const int count = WideCharToMultiByte(CP_UTF8, 0, utf16.data(), units, nullptr, 0, nullptr, nullptr);
    std::string text(static_cast<std::size_t>(count > 0 ? count : 0), '\0');
    WideCharToMultiByte(CP_UTF8, 0, utf16.data(), units, text.data(), count, nullptr, nullptr);
    return text;
}

std::string error_text(DWORD error)
{
    std::array<wchar_t, 512> buffer{};
    const auto length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr,
                                       error, 0, buffer.data(), static_cast<DWORD>(buffer.size()), nullptr);
    const auto number = "error " + std::to_string(error);
    if (length == 0) return number;
    const auto text = narrow({buffer.data(), length});
    return std::string(trim(text)) + " (" + number + ")";
}

void write_to(DWORD standard_handle, std::string_view utf8)
{
    HANDLE handle = GetStdHandle(standard_handle);
    if (handle == nullptr || handle == INVALID_HANDLE_VALUE) return;
    DWORD mode = 0;
    DWORD written = 0;
    if (GetConsoleMode(handle, &mode) != 0) {
        // A console shows bytes in a code page of its own, which is seldom UTF-8.
        const auto text = wide(utf8);
        WriteConsoleW(handle, text.data(), static_cast<DWORD>(text.size()), &written, nullptr);
        return;
    }
    while (!utf8.empty() &&
           WriteFile(handle, utf8.data(), static_cast<DWORD>(utf8.size()), &written, nullptr) != 0 &&
           written != 0)
        utf8.remove_prefix(written);
}

} // namespace usbroute::guest
