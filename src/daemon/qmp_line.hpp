// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/loop.hpp"
#include "vmm/qmp_session.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace usbroute::daemon {

/// What QEMU's monitor tells of a machine.
enum class MachineNews : std::uint8_t { runs, is_switched_off };

/// A connection to a QMP socket that only listens: it sends nothing but the one word without which QEMU tells nothing.
class QmpLine {
public:
    using Tell = std::function<void(MachineNews)>;

    QmpLine(linux_::Loop& loop, std::string path, Tell tell);

    void begin() { session_.begin(); }
    [[nodiscard]] const std::string& path() const { return session_.path(); }

private:
    void hear(const wire::QmpEvent& event);

    Tell tell_;
    vmm::QmpSession session_;
};

} // namespace usbroute::daemon
