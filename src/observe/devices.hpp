// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "observe/scan.hpp"
#include "topology/snapshot.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::observe {

/// What a walk has found, in no order.
struct Found {
    std::vector<topology::SharedDevice> devices;
    std::vector<topology::SharedHub> hubs;
    /// Of the devices and interfaces, as the kernel listed them before they were read. Only where each folder was asked for
    /// its names: a walk of the whole machine knows the list beforehand.
    std::vector<topology::Listed> listed;
};

/// Walks a USB tree downwards.
///
/// Depth is bounded by what USB allows; a recorded tree that goes on for ever is cut there.
class DeviceWalk {
public:
    DeviceWalk(const KernelTree& tree, Ports ports) : tree_(tree), ports_(ports) {}

    /// Where to learn the names of devices and interfaces: from all of them at once, which a walk of the whole
    /// machine does and costs one directory, or from each folder, which a look at one place does.
    void know_all(std::vector<std::string> names);

    /// Everything plugged into the hub or root hub at `place`.
    void below_hub(const topology::PortPath& place, const std::string& directory);
    /// The device at `place` and everything below it; nothing where it is gone.
    void at(const topology::PortPath& place, const std::string& directory);

    [[nodiscard]] Found take() { return std::exchange(found_, {}); }

private:
    using Names = std::vector<std::string>;

    /// The interfaces of `place` and the devices one step below it; empty when the folder is gone.
    [[nodiscard]] Names names_in(const topology::PortPath& place, const std::string& directory) const;
    void walk_down(const topology::PortPath& place, const std::string& directory, const Names& names);
    void read_hub_ports(const topology::PortPath& hub, const std::string& interface_directory);
    /// Before it is read: what comes under the same name meanwhile has another number then. False where its bus is listed and it is
    /// not: the kernel makes the folder, fills it, and lists it then (drivers/base/core.c, device_add; bus_add_device comes
    /// after device_add_attrs), and tells of it last. It is not there yet, or not any more.
    [[nodiscard]] bool count(const topology::PortPath& place, std::string_view name);

    const KernelTree& tree_;
    Ports ports_;
    bool knows_all_ = false;
    Names all_; ///< sorted; empty: ask the folders
    Found found_;
};

/// The snapshot with what was found at `place` where it had something else. A device that reads as before keeps its old
/// object, and a bus on which all do shares its list with the snapshot of before.
void put_found(topology::Snapshot& into, const topology::PortPath& place, Found found);

} // namespace usbroute::observe
