// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "guest/border.hpp"

namespace usbroute::guest {

/// COM ports, virtio ports and TCP of a Windows guest.
class WindowsBorder final : public Border {
public:
    /// From now on Ctrl-C only ends the waiting, so that the port is put back as it was.
    WindowsBorder();

    [[nodiscard]] std::expected<std::unique_ptr<Line>, Failure>
    open(const std::string& port, std::chrono::milliseconds patience) override;
    [[nodiscard]] std::chrono::milliseconds now() override;
    [[nodiscard]] bool pause(std::chrono::milliseconds time) override;
    void show(std::string_view line) override;
};

} // namespace usbroute::guest
