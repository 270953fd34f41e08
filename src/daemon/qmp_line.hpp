// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/guest_usb.hpp"
#include "base/result.hpp"
#include "daemon/machine_line.hpp"
#include "linux/lending.hpp"
#include "linux/loop.hpp"
#include "vmm/guest_monitor.hpp"
#include "vmm/qmp_session.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace usbroute::daemon {

/// A kept connection to the monitor of a guest's QEMU, and what the guest had of USB at the last look.
///
/// It is looked at when the monitor answers first, when an object goes that nobody here has asked to go, when the guest goes on,
/// and when it is asked for. Where nothing is ever given to the guest nothing is asked, and it only listens.
class QmpLine final : public MachineLine {
public:
    /// Whether a guest is looked at.
    enum class Looks : std::uint8_t { yes, no };

    QmpLine(linux_::Loop& loop, std::string path, Tell tell, Looks looks = Looks::no,
            vmm::QmpSession::Lend lend = linux_::lend);

    void begin() { monitor_.begin(); }
    [[nodiscard]] const std::string& path() const { return monitor_.path(); }

    /// Nothing: there is no connection, or it has not been looked at yet.
    [[nodiscard]] const std::optional<attach::GuestUsb>& usb() const override;
    [[nodiscard]] bool is_connected() const { return monitor_.is_connected(); }
    /// A QEMU that is busy, or serves another client, greets late; what it has is not nobody's for that.
    [[nodiscard]] bool may_be_there() const override { return is_connected(); }
    /// It has come just now, and what it has will be known in a moment.
    [[nodiscard]] bool is_looked_at_first() const override { return is_looked_at_first_; }
    [[nodiscard]] std::optional<attach::Silence> silence() const override { return std::nullopt; }
    [[nodiscard]] std::string identity() const override { return path(); }
    [[nodiscard]] vmm::GuestMonitor& monitor() { return monitor_; }
    [[nodiscard]] vmm::GuestAccess& access() override { return monitor_; }
    [[nodiscard]] vmm::FunctionAccess* functions() override
    {
        return monitor_.is_ready() ? &monitor_.functions() : nullptr;
    }
    /// `done` may be empty. Called back unless this is destroyed before.
    void look_again(std::function<void(Result<void>)> done = {}) override;

private:
    void hear(const wire::QmpEvent& event);
    void know(std::optional<attach::GuestUsb> usb);

    Tell tell_;
    Looks looks_;
    linux_::Timer soon_; ///< however many events a guest's QEMU sends, it is looked at now and then
    std::optional<attach::GuestUsb> usb_;
    bool is_looked_at_first_ = false;
    vmm::GuestMonitor monitor_;
};

} // namespace usbroute::daemon
