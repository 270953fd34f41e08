// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "observe/scan.hpp"
#include "topology/snapshot.hpp"

#include <string>
#include <vector>

namespace usbroute::observe {

/// Walks a USB tree downwards and puts what it finds into a snapshot.
///
/// Depth is bounded by what USB allows; a recorded tree that goes on for ever is cut there.
class DeviceWalk {
public:
    DeviceWalk(const KernelTree& tree, topology::Snapshot& into, Ports ports)
        : tree_(tree), into_(into), ports_(ports)
    {}

    /// Where to learn the names of devices and interfaces: from all of them at once, which a walk of the whole
    /// machine does and costs one directory, or from each folder, which a look at one place does.
    void know_all(std::vector<std::string> names);

    /// Everything plugged into the hub or root hub at `place`, appended in no order.
    void below_hub(const topology::PortPath& place, const std::string& directory);

    /// Takes the device at `place` and all below it out of the snapshot and reads them again, in order.
    /// A device that reads as before keeps its old object.
    void replace(const topology::PortPath& place, const std::string& directory);

private:
    using Names = std::vector<std::string>;

    /// The interfaces of `place` and the devices one step below it; empty when the folder is gone.
    [[nodiscard]] Names names_in(const topology::PortPath& place, const std::string& directory) const;
    void walk_down(const topology::PortPath& place, const std::string& directory, const Names& names);
    void read_device(const topology::PortPath& place, const std::string& directory);
    void read_hub_ports(const topology::PortPath& hub, const std::string& interface_directory);

    const KernelTree& tree_;
    topology::Snapshot& into_;
    Ports ports_;
    Names all_; ///< sorted; empty: ask the folders
};

} // namespace usbroute::observe
