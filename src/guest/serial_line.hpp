// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "guest/file_line.hpp"

#include <string>

#include <termios.h>

namespace usbroute::guest {

/// A serial port, for us alone: raw, 115200 8N1, no flow control, no echo, modem lines not looked at. Others find it
/// busy while this lives; then it is as it was.
class SerialLine final : public FileLine {
public:
    /// `fd` is a terminal, open without blocking. `port` is its name for messages.
    [[nodiscard]] static std::expected<std::unique_ptr<Line>, Failure> on(linux_::UniqueFd fd,
                                                                          const std::string& port);

    SerialLine(linux_::UniqueFd fd, const termios& before);
    SerialLine(const SerialLine&) = delete;
    SerialLine& operator=(const SerialLine&) = delete;
    ~SerialLine() override;

private:
    termios before_;
};

} // namespace usbroute::guest
