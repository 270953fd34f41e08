// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "sim/device.hpp"
#include "topology/snapshot.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace usbroute::sim {

struct Attribute {
    std::string name; ///< may have a directory: "power/control"
    std::string content;
    std::string target = {}; ///< of a link, below the root: "sys/kernel/iommu_groups/4"; empty: a file
};

/// One kernel object as sysfs shows it, and as its uevents describe it.
struct Node {
    std::string path;      ///< below sys, "devices/pci0000:00/0000:00:14.0/usb3/3-3"
    std::string subsystem; ///< where sysfs lists it, "bus/usb" or "class/block"
    std::vector<Attribute> attributes;
    std::string uevent;     ///< lines of its uevent file without DRIVER=
    std::string driver;     ///< empty: none
    std::string number;     ///< "189:257"; empty: no device number
    std::string extra = {}; ///< what udev adds to the event, "ID_FS_TYPE=vfat"; lines

    [[nodiscard]] std::string_view name() const;
    [[nodiscard]] std::string_view subsystem_name() const;
    /// The lines of the uevent file, which are also the properties of its events.
    [[nodiscard]] std::string properties() const;
    [[nodiscard]] bool is_block() const { return subsystem == "class/block"; }
};

/// Where a USB device sits.
struct Seat {
    std::string directory; ///< of the device, below sys
    topology::PortPath place;
    std::uint8_t number = 1; ///< devnum
    bool superspeed = false;
    std::string_view removable = "removable"; ///< "fixed", "unknown"
    unsigned first_input = 0;                 ///< N of its first inputN
};

/// The objects of a device. Of a recorded one those of the recording; else the device, then its interfaces, each with
/// its input device, in the order in which the kernel makes them.
[[nodiscard]] std::vector<Node> usb_nodes(const DeviceModel& model, const Seat& seat);
/// How many input devices those are.
[[nodiscard]] unsigned count_inputs(const DeviceModel& model);
/// SCSI host, target, unit, disk and partition below a mass storage interface.
[[nodiscard]] std::vector<Node> disk_nodes(const DeviceModel& model, std::string_view interface_path,
                                           unsigned host, char letter);

/// Device, configuration and interface descriptors, as `descriptors` and lsusb have them.
[[nodiscard]] std::string descriptors_of(const DeviceModel& model, bool superspeed);

} // namespace usbroute::sim
