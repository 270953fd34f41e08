// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "sim/board.hpp"
#include "sim/device.hpp"
#include "sim/file_tree.hpp"
#include "sim/node.hpp"
#include "sim/recorded_device.hpp"
#include "sim/uevent.hpp"
#include "topology/snapshot.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace usbroute::sim {

/// Plays the kernel's part: makes and removes the objects in sysfs and announces them by uevents, in the
/// kernel's order. It decides nothing about routing.
class Kernel {
public:
    Kernel(FileTree& tree, UeventSender& events) : tree_(tree), events_(events) {}

    /// Takes over the tree of a board, which is the copy of its recording: what is there is known from now on, and
    /// what programs write to and no recording has is made.
    [[nodiscard]] Result<void> boot(const Board& board);

    [[nodiscard]] Result<void> add_function(const BoardFunction& function, const std::string& config);
    void remove_function(const PciAddress& address);
    /// Without its buses, which come and go with `add_bus` and `remove_bus`.
    [[nodiscard]] Result<void> bind_driver(const PciAddress& address, std::string_view driver);
    [[nodiscard]] Result<void> unbind_driver(const PciAddress& address);

    /// A root hub, below the controller's directory.
    [[nodiscard]] Result<void> add_bus(const std::string& controller, std::uint16_t number,
                                       const DeviceModel& model, bool superspeed);
    /// Makes the links by which the kernel says which ports of two root hubs are one.
    [[nodiscard]] Result<void> pair_ports(std::uint16_t usb2_bus, std::uint16_t superspeed_bus,
                                          const std::map<std::uint8_t, std::uint8_t>& peers);
    [[nodiscard]] Result<void> remove_bus(std::uint16_t number);

    /// One device, without what is behind it.
    [[nodiscard]] Result<void> connect(const topology::PortPath& place, const DeviceModel& model,
                                       std::string_view removable);
    [[nodiscard]] Result<void> disconnect(const topology::PortPath& place);

    /// "sdb1" of a device that is plugged in; null where there is no such block device.
    [[nodiscard]] const Node* block(std::string_view name) const;

private:
    struct Bus {
        std::string directory; ///< of the root hub, below sys
        bool superspeed = false;
        std::uint8_t next_number = 1;
    };
    struct Present {
        std::vector<Node> nodes; ///< in the order in which they came
        std::uint8_t number = 0; ///< devnum
        std::string disks = {};  ///< letters it holds
    };

    [[nodiscard]] Result<void> show(const Node& node);
    void hide(const Node& node);
    [[nodiscard]] Result<void> add_ports(const topology::PortPath& hub, std::uint8_t ports);
    [[nodiscard]] Result<void> complete(const Board& board) const;
    void take_over(const RecordedDevice& device);
    [[nodiscard]] Result<void> occupy_port(const topology::PortPath& place) const;
    /// The lowest that is free, as in drivers/scsi/sd.c.
    [[nodiscard]] char take_letter();
    [[nodiscard]] Result<void> add_disk(Present& present, const DeviceModel& model);
    [[nodiscard]] std::string directory_of(const topology::PortPath& place) const;
    [[nodiscard]] std::string port_directory(const topology::PortPath& place) const;
    [[nodiscard]] std::uint8_t choose_number(std::uint16_t bus);
    [[nodiscard]] bool is_number_used(std::uint16_t bus, std::uint8_t number) const;

    FileTree& tree_;
    UeventSender& events_;
    std::map<PciAddress, Node> functions_;
    std::map<std::uint16_t, Bus> buses_;
    std::map<topology::PortPath, Present> devices_;
    std::set<char> disk_letters_;
    unsigned next_host_ = 0;
    unsigned next_input_ = 0;
};

} // namespace usbroute::sim
