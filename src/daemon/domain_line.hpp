// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "config/settings.hpp"
#include "daemon/machine_line.hpp"
#include "linux/loop.hpp"
#include "vmm/libvirt_functions.hpp"
#include "vmm/libvirt_guest.hpp"
#include "vmm/libvirt_line.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace usbroute::daemon {

/// A guest that libvirt runs, over the line to its usbroute-libvirt.
///
/// The domain's state tells whether the guest is there. That libvirt or usbroute-libvirt has gone tells nothing of it: what was
/// known last is held to be so, and what the guest has is not known.
class DomainLine final : public MachineLine {
public:
    /// So long after the daemon has begun, a guest of which nobody can tell anything is not held to be gone: usbroute-libvirt
    /// or libvirt may be starting, too.
    static constexpr std::chrono::milliseconds awaited = std::chrono::seconds(10);

    DomainLine(linux_::Loop& loop, std::shared_ptr<vmm::LibvirtLine> line, GuestName guest,
               config::LibvirtSettings settings, Tell tell);

    /// Once.
    void begin();

    [[nodiscard]] const std::optional<attach::GuestUsb>& usb() const override { return usb_; }
    [[nodiscard]] bool may_be_there() const override;
    [[nodiscard]] bool is_looked_at_first() const override { return is_looked_at_first_ || is_awaited(); }
    [[nodiscard]] std::optional<attach::Silence> silence() const override;
    [[nodiscard]] std::string identity() const override
    {
        return uuid_.empty() ? std::string() : line_->path() + " " + uuid_;
    }
    [[nodiscard]] vmm::GuestAccess& access() override { return domain_; }
    [[nodiscard]] vmm::FunctionAccess* functions() override { return usb_ ? &functions_ : nullptr; }
    void look_again(std::function<void(Result<void>)> done) override;

private:
    [[nodiscard]] bool is_awaited() const { return first_word_.is_running(); }
    void reached();
    void say_why();
    void watch();
    void hear(const wire::QmpEvent& event);
    void know(wire::LibvirtLook look);
    void know_state(wire::DomainState state);
    void know_word(const std::string& word);
    void forget_devices();
    void could_not_look(const Error& why);

    GuestName guest_;
    config::LibvirtSettings settings_;
    Tell tell_;
    std::shared_ptr<vmm::LibvirtLine> line_;
    vmm::LibvirtGuest domain_;
    vmm::LibvirtFunctions functions_;
    vmm::LibvirtLine::Subscription subscription_;
    linux_::Timer first_word_;               ///< until nothing is waited for any more
    linux_::Timer soon_;                     ///< however many events come, it is looked at now and then
    linux_::Timer again_;                    ///< after a look that failed
    std::optional<wire::DomainState> state_; ///< as of the last word
    std::optional<attach::GuestUsb> usb_;
    std::string uuid_;        ///< as of the last look
    std::string why_unknown_; ///< libvirt answers, and does not say what the domain has
    bool is_looked_at_first_ = false;
    bool is_unheard_ = false; ///< since libvirt, or usbroute-libvirt, went
    std::string said_;        ///< of its silence; the same is not said again
};

} // namespace usbroute::daemon
