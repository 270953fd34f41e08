// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/qmp_line.hpp"

#include "base/format.hpp"
#include "daemon/log.hpp"

#include <chrono>
#include <utility>

namespace usbroute::daemon {

namespace {

constexpr auto between_looks = std::chrono::milliseconds(100);

} // namespace

QmpLine::QmpLine(linux_::Loop& loop, std::string path, Tell tell, Looks looks, vmm::QmpSession::Lend lend)
    : tell_(std::move(tell)),
      looks_(looks),
      soon_(loop.timer([this] { look_again(); })),
      monitor_(loop, std::move(path),
               {.ready =
                    [this](const attach::QemuVersion&) {
                        log::debug(format("{}: QEMU's monitor answers", monitor_.path()), monitor_.path());
                        is_looked_at_first_ = looks_ == Looks::yes;
                        if (is_looked_at_first_) look_again();
                        tell_(MachineNews::runs);
                    },
                .event = [this](const wire::QmpEvent& event) { hear(event); },
                .ended =
                    [this](std::string_view why) {
                        log::debug(format("{}: {}", monitor_.path(), why), monitor_.path());
                        usb_.reset();
                        is_looked_at_first_ = false;
                        tell_(MachineNews::is_switched_off);
                    },
                // What never began was no monitor, and says nothing of the machine.
                .did_not_begin =
                    [this](std::string_view why) {
                        log::debug(format("{}: {}", monitor_.path(), why), monitor_.path());
                    }},
               std::move(lend))
{}

/// When a connection ends, whoever has asked something is told before this is, and acts on what is known.
const std::optional<attach::GuestUsb>& QmpLine::usb() const
{
    static const std::optional<attach::GuestUsb> nothing;
    return monitor_.is_ready() ? usb_ : nothing;
}

/// SHUTDOWN: the guest has switched itself off, or QEMU was told to end; a reboot is RESET. RESUME: it runs, again or still.
void QmpLine::hear(const wire::QmpEvent& event)
{
    const bool is_of_state =
        event.name == "RESUME" || event.name == "STOP" || event.name == "SUSPEND" || event.name == "WAKEUP";
    // What it does now the event does not say; a plug waits until it is known.
    if (is_of_state && usb_) usb_->status.clear();
    if ((is_of_state || event.name == "DEVICE_DELETED") && looks_ == Looks::yes && !soon_.is_running())
        soon_.start(between_looks);
    if (event.name == "SHUTDOWN") tell_(MachineNews::is_switched_off);
    if (event.name == "RESUME") tell_(MachineNews::runs);
}

void QmpLine::look_again(std::function<void(Result<void>)> done)
{
    monitor_.look([this, done = std::move(done)](Result<attach::GuestUsb> usb) {
        const bool was_first = std::exchange(is_looked_at_first_, false);
        if (!usb) {
            log::debug(format("{}: {}", monitor_.path(), usb.error().message()), monitor_.path());
            if (was_first)
                tell_(MachineNews::has_other_devices); // that nothing is known of them is to be said now
            if (done) done(std::unexpected(std::move(usb.error())));
            return;
        }
        know(std::move(*usb));
        if (done) done({});
    });
}

void QmpLine::know(std::optional<attach::GuestUsb> usb)
{
    if (usb == usb_) return;
    usb_ = std::move(usb);
    tell_(MachineNews::has_other_devices);
}

} // namespace usbroute::daemon
