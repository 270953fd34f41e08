// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/backend.hpp"
#include "attach/actions.hpp"
#include "attach/seen.hpp"
#include "linux/loop.hpp"
#include "linux/usb_node.hpp"
#include "observe/kernel_tree.hpp"
#include "topology/snapshot.hpp"
#include "vmm/claimed_ports.hpp"
#include "vmm/guest_access.hpp"
#include "vmm/held_nodes.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::vmm {

/// Gives devices to guests and takes them back: claims ports, configures devices and hands them over. What needs a node runs
/// on the worker; what needs QEMU waits for its answer. After each action the device is read again, and the guest is looked at
/// again: the reading has what is there, not what was hoped for.
class AttachBackend final : public apply::Backend {
public:
    /// How long one action may take. QEMU's and libvirt's answers, the end of an object and the worker have shorter deadlines of their
    /// own, but for a driver that does not let go of a device's lock.
    static constexpr std::chrono::milliseconds longest_action = std::chrono::seconds(40);

    /// The way to a guest, and to what it had at the last look; looking again renews that.
    struct Guest {
        GuestAccess* access = nullptr;
        std::function<void(std::function<void(Result<void>)> done)> look_again;
    };
    struct Parts {
        linux_::Loop& loop;
        const observe::KernelTree& tree;
        linux_::UsbNodes* nodes = nullptr; ///< null: none may be opened
        ClaimedPorts& ports;
        HeldNodes& held;
        /// Nothing: it has no monitor, or there is no connection to it; of a domain, to libvirt.
        std::function<std::optional<Guest>(const GuestName&)> guest;
        /// As of the last look at the host and at the guests, and with the ports that are claimed now.
        std::function<attach::Seen()> seen;
        /// The host's drivers were offered a device, whatever came of it.
        std::function<void(const attach::HostDevice&)> offered;
        /// A guest is about to be given a device, and may take it whatever comes of it.
        std::function<void(const attach::HostDevice&)> to_be_given;
        /// The node of a hub or a device could not be opened for lack of rights. True: what it is needed for is handed over
        /// another way from now on, so that the plan is stale.
        std::function<bool(const attach::HostDevice& node, const Error&)> shut;
        /// A guest did not take a controller on this root port.
        std::function<void(const GuestName&, const std::string& root_port)> refused;
    };

    explicit AttachBackend(Parts parts);

    void look(Seen seen) override;
    void act(const plan::Action& action, Seen seen) override;

private:
    using Done = std::function<void(Result<void>)>;
    /// A device as the kernel has it now; null: it is gone.
    using Read = topology::SharedDevice;
    /// A device that a guest has, which nobody can be asked about any more.
    struct LettingGo {
        attach::Meant device;
        Error why; ///< it cannot be asked
        std::chrono::milliseconds until{};
        Done done;
    };

    void carry_out(const attach::ClaimPort& action, Done done);
    void carry_out(const attach::ReleasePort& action, Done done);
    void carry_out(const attach::WakeHub& action, Done done);
    void carry_out(const attach::Give& action, Done done);
    void carry_out(const attach::Take& action, Done done);
    void carry_out(const attach::BringHome& action, Done done);
    void carry_out(const attach::Park& action, Done done);
    void carry_out(const attach::AddController& action, Done done);
    void on_device(const attach::HostDevice& device,
                   Result<void> (*work)(const observe::KernelTree&, linux_::UsbNodes*,
                                        const HeldNodes::Node& held, const attach::HostDevice&),
                   Done done);
    template <class Other> void carry_out(const Other& action, const Done& done);

    void give_by_descriptor(const attach::Give& action, Done done);
    void give_by_libvirt(const attach::Give& action, Done done);
    void hand_over(const attach::Give& action, linux_::UniqueFd node, Done done);
    void given(const attach::Give& action, Result<GuestAccess::Took> took, Done done);
    [[nodiscard]] bool is_silent(const GuestName& name) const;
    void wait_until_let_go(const attach::Take& action, Error why, Done done);
    void look_whether_let_go(LettingGo waiting);
    void look_at_guest(const GuestName& name, Done done);
    void read_again(const attach::HostDevice& device, Done done);
    void know(const topology::PortPath& path, const Read& device);
    [[nodiscard]] attach::Seen seen_now() const;
    void finish(std::uint64_t turn, Result<void> result);

    Parts parts_;
    std::map<topology::PortPath, Read> fresh_; ///< devices that were read since the last look
    Seen seen_;
    std::optional<attach::HostDevice> node_; ///< that the action under way opens
    std::uint64_t turn_ = 0; ///< which action is under way; the answer of one that was given up is not heard
    linux_::Timer deadline_;
    linux_::Timer look_again_;
    std::optional<LettingGo> letting_go_;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace usbroute::vmm
