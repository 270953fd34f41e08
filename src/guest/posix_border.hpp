// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "guest/border.hpp"

namespace usbroute::guest {

/// Serial ports, virtio ports, Unix sockets and loopback or other numeric TCP addresses of a Linux guest.
class PosixBorder final : public Border {
public:
    /// From now on SIGINT, SIGTERM and SIGHUP only end the waiting, so that the port is put back as it was.
    PosixBorder();

    [[nodiscard]] std::expected<std::unique_ptr<Line>, Failure>
    open(const std::string& port, std::chrono::milliseconds patience) override;
    [[nodiscard]] std::chrono::milliseconds now() override;
    [[nodiscard]] bool pause(std::chrono::milliseconds time) override;
    void show(std::string_view line) override;

    /// The signal that came; 0: none. It can be raised again after cleaning up.
    [[nodiscard]] static int signal_that_came();
};

} // namespace usbroute::guest
