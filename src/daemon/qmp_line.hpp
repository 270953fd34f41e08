// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/connecting.hpp"
#include "linux/loop.hpp"
#include "linux/unique_fd.hpp"
#include "wire/lines.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace usbroute::daemon {

/// What QEMU's monitor tells of a machine.
enum class MachineNews : std::uint8_t { runs, is_switched_off };

/// A connection to a QMP socket that only listens: it sends nothing but the one word without which QEMU tells nothing.
class QmpLine {
public:
    using Tell = std::function<void(MachineNews)>;

    QmpLine(linux_::Loop& loop, std::string path, Tell tell);

    void begin() { connecting_.begin(); }
    [[nodiscard]] const std::string& path() const { return connecting_.path(); }

private:
    void connected(linux_::UniqueFd fd);
    void read();
    void take(std::string_view bytes);
    void end();

    linux_::Loop& loop_;
    Tell tell_;
    linux_::Connecting connecting_;
    linux_::UniqueFd fd_; // before watch_: what is watched outlives its watch
    linux_::FdWatch watch_;
    wire::LineCutter lines_;
    bool has_greeted_ = false;
};

} // namespace usbroute::daemon
