// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "guest/border.hpp"
#include "guest/windows/windows_handle.hpp"

#include <optional>

namespace usbroute::guest {

/// A COM port, raw, 115200 8N1, no flow control, as it was at the end; or a virtio port, which has no settings.
/// Windows itself keeps others out while it is open.
class ComLine final : public Line {
public:
    /// `port` is a handle that was opened for overlapped reading and writing; `name` is for messages.
    [[nodiscard]] static std::expected<std::unique_ptr<Line>, Failure> on(WindowsHandle port,
                                                                          const std::string& name);

    /// What a COM port has, and a virtio port has not.
    struct Settings {
        DCB control{};
        COMMTIMEOUTS timeouts{};
    };

    ComLine(WindowsHandle port, WindowsHandle event, const std::optional<Settings>& before);
    ComLine(const ComLine&) = delete;
    ComLine& operator=(const ComLine&) = delete;
    ~ComLine() override;

    [[nodiscard]] Received receive(std::span<char> into, std::chrono::milliseconds patience) override;
    [[nodiscard]] Came send(std::string_view bytes, std::chrono::milliseconds patience) override;
    [[nodiscard]] bool is_shared() const override { return true; }

private:
    [[nodiscard]] Received finish(OVERLAPPED& transfer, bool has_begun, DWORD patience);
    [[nodiscard]] Received read(std::span<char> into, DWORD patience);
    void limit(DWORD patience);

    WindowsHandle port_;
    WindowsHandle event_;
    std::optional<Settings> before_;
};

} // namespace usbroute::guest
