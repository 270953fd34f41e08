// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <utility>

#include <windows.h>

namespace usbroute::guest {

/// Sole owner of a kernel handle; closes it at the end of its life.
class WindowsHandle {
public:
    WindowsHandle() = default;
    explicit WindowsHandle(HANDLE handle) : handle_(handle == INVALID_HANDLE_VALUE ? nullptr : handle) {}
    WindowsHandle(WindowsHandle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    WindowsHandle& operator=(WindowsHandle&& other) noexcept
    {
        std::swap(handle_, other.handle_);
        return *this;
    }
    WindowsHandle(const WindowsHandle&) = delete;
    WindowsHandle& operator=(const WindowsHandle&) = delete;
    ~WindowsHandle()
    {
        if (handle_ != nullptr) CloseHandle(handle_);
    }

    [[nodiscard]] HANDLE raw() const { return handle_; }
    [[nodiscard]] bool is_open() const { return handle_ != nullptr; }

private:
    HANDLE handle_ = nullptr;
};

/// Becomes signalled when Ctrl-C is pressed in our console.
[[nodiscard]] HANDLE ending_event();

} // namespace usbroute::guest
