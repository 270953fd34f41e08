// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/backend.hpp"
#include "attach/due.hpp"
#include "attach/seen.hpp"
#include "base/result.hpp"
#include "daemon/machine.hpp"
#include "linux/loop.hpp"
#include "linux/usb_node.hpp"
#include "observe/kernel_tree.hpp"
#include "plan/plan.hpp"
#include "vmm/attach_backend.hpp"
#include "vmm/claimed_ports.hpp"
#include "vmm/held_nodes.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace usbroute::daemon {

/// What is held and known of devices that are given to guests: the ports that are claimed, what guests have, what has failed
/// and what stays with the host. Belongs to the loop's thread.
class Giving {
public:
    struct Parts {
        linux_::Loop& loop;
        const observe::KernelTree& tree;
        linux_::UsbNodes* nodes = nullptr; ///< null: none may be opened, and QEMU has to do it itself
        const Machine& machine;
        /// Guests with a monitor, as of the last looks at them.
        std::function<std::vector<attach::SeenGuest>()> guests;
        std::function<std::optional<vmm::AttachBackend::Guest>(const GuestName&)> guest;
        std::function<bool()> sleeps_soon;                 ///< the host
        std::function<std::chrono::milliseconds()> asleep; ///< since it booted
        std::vector<vmm::KeptHub> hubs = {};
    };

    explicit Giving(Parts parts)
        : parts_(std::move(parts)),
          ports_(parts_.loop, parts_.nodes, std::exchange(parts_.hubs, {})),
          held_(parts_.loop, parts_.nodes)
    {}

    /// Whether any socket could be given to any guest.
    [[nodiscard]] bool is_needed() const;
    [[nodiscard]] Machine::Attached known();
    [[nodiscard]] std::unique_ptr<apply::Backend> backend();

    /// After a look at the host: what has gone is forgotten. When to come again, because a device of a guest has nobody's
    /// driver, and may get one; nothing: that is not needed.
    std::optional<std::chrono::milliseconds> follow(const topology::Snapshot& snapshot);
    /// A plan was carried out: what it has taken or given may be given or brought home again, and in sockets that were moved by
    /// name what was refused or has failed may be tried again.
    void done(const plan::Plan& plan);
    /// What a plan keeps with the host: a disk until it is asked for or plugged in again.
    void keep(const std::vector<plan::Kept>& kept);
    /// The configuration was read again, and with it perhaps the rights were given.
    void adopt();
    /// A daemon was killed in this change: what a guest had let go of may have nobody's driver, which the wires do not tell.
    void was_cut_short(const plan::Change& change);
    /// The second failure at one plug leaves the device with the host.
    void failed(const topology::PortPath& place, const Error& why);

private:
    [[nodiscard]] attach::Seen seen() const;
    void note_given(const attach::HostDevice& device);
    [[nodiscard]] bool is_shut(const attach::HostDevice& node, const Error& why);
    void know_guest_ports();
    void know_what_is_apart(const topology::Snapshot& snapshot);
    void doubt_use_after_sleep(const topology::Snapshot& snapshot);
    void hold_what_libvirt_has_given(const topology::Snapshot& snapshot);
    void forget_use_at(const topology::PortPath& place);

    Parts parts_;
    vmm::ClaimedPorts ports_;
    vmm::HeldNodes held_;
    attach::Seen seen_; ///< as handed out last; without devices
    attach::Remembered remembered_;
    std::set<attach::HostDevice>
        used_; ///< some guest's driver has had them since they were plugged in, or may have had
    std::chrono::milliseconds asleep_{}; ///< as of the last look
    std::set<GuestName> have_slept_;     ///< with the host, and what they have is not known since
    std::map<attach::HostDevice, std::chrono::milliseconds> unused_since_;
    std::map<attach::HostDevice, std::vector<std::chrono::milliseconds>>
        given_;                         ///< when, within the last minute
    std::set<attach::HostDevice> shut_; ///< hubs and devices whose nodes could not be opened
};

} // namespace usbroute::daemon
