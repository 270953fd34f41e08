// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "sim/node.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace usbroute::sim {

/// A USB device as a recording shows it: where it was, and every object that the kernel had made of it.
struct RecordedDevice {
    topology::PortPath place;
    std::string directory;   ///< below sys
    std::uint8_t number = 1; ///< devnum
    bool superspeed = false;
    std::vector<Node> nodes; ///< the device first; what is plugged in behind it is not among them
};

/// `directory` is below sys. What a recording lacks is missing here too, but for what every device has: a device that
/// says nothing has one object without attributes.
[[nodiscard]] RecordedDevice recorded_device(const observe::KernelTree& tree, const std::string& directory,
                                             const topology::PortPath& place, bool superspeed);
/// A function of the PCI bus with its attributes, without the root hubs below it.
[[nodiscard]] Node recorded_function(const observe::KernelTree& tree, const std::string& directory);

/// The same device at another place, with that place's names, numbers and speed. Back at its own place it is as recorded.
[[nodiscard]] std::vector<Node> nodes_at(const RecordedDevice& device, const Seat& seat);

/// The letters of the disks among these objects: "b" for sdb.
[[nodiscard]] std::string disks_among(const std::vector<Node>& nodes);
/// Gives a disk another letter, with its partitions and their numbers.
void rename_disk(std::vector<Node>& nodes, char from, char to);

} // namespace usbroute::sim
