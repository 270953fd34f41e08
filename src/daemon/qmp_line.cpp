// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/qmp_line.hpp"

#include "base/format.hpp"
#include "daemon/log.hpp"

#include <utility>

namespace usbroute::daemon {

QmpLine::QmpLine(linux_::Loop& loop, std::string path, Tell tell)
    : tell_(std::move(tell)),
      session_(loop, std::move(path),
               {.ready =
                    [this](const attach::QemuVersion&) {
                        log::debug(format("{}: QEMU's monitor answers", session_.path()), session_.path());
                        tell_(MachineNews::runs);
                    },
                .event = [this](const wire::QmpEvent& event) { hear(event); },
                .ended =
                    [this](std::string_view why) {
                        log::debug(format("{}: {}", session_.path(), why), session_.path());
                        tell_(MachineNews::is_switched_off);
                    },
                // What never began was no monitor, and says nothing of the machine.
                .did_not_begin =
                    [this](std::string_view why) {
                        log::debug(format("{}: {}", session_.path(), why), session_.path());
                    }})
{}

/// SHUTDOWN: the guest has switched itself off, or QEMU was told to end; a reboot is RESET. RESUME: it runs, again or still.
void QmpLine::hear(const wire::QmpEvent& event)
{
    if (event.name == "SHUTDOWN") tell_(MachineNews::is_switched_off);
    if (event.name == "RESUME") tell_(MachineNews::runs);
}

} // namespace usbroute::daemon
