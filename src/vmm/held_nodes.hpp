// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/host_device.hpp"
#include "linux/loop.hpp"
#include "linux/usb_node.hpp"
#include "topology/snapshot.hpp"

#include <map>
#include <memory>

namespace usbroute::vmm {

/// Nodes of devices that libvirt gives to its domains, held open from before that until they are unplugged.
///
/// When a domain has ended libvirt sets the owner of its devices' nodes to root (virSecurityDACRestoreFileLabel; seen with 9.0), whoever
/// had been let to open them before. Without a node that is open by then a device could not be offered to the host's drivers
/// any more, and would be nobody's.
class HeldNodes {
public:
    using Node = std::shared_ptr<linux_::UsbNode>;

    /// Null: no node may be opened, and none is held.
    HeldNodes(linux_::Loop& loop, linux_::UsbNodes* nodes) : loop_(loop), nodes_(nodes) {}

    /// Null: it is not held.
    [[nodiscard]] Node of(const attach::HostDevice& device) const;
    void hold(const attach::HostDevice& device, Node node);
    /// Opens it, where that was not tried before; one that cannot be opened is not held. For what a daemon finds given that has
    /// just started.
    void open(const attach::HostDevice& device);
    /// What was unplugged is let go of.
    void follow(const topology::Snapshot& snapshot);

private:
    linux_::Loop& loop_;
    linux_::UsbNodes* nodes_;
    std::map<attach::HostDevice, Node> held_; ///< null: it is being opened, or could not be
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace usbroute::vmm
