// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "sim/board.hpp"
#include "sim/device.hpp"
#include "sim/file_tree.hpp"
#include "sim/node.hpp"
#include "sim/presence.hpp"
#include "sim/recorded_device.hpp"
#include "sim/uevent.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::sim {

/// Who is told of nodes below /dev/bus/usb, so that it can answer for them.
class NodeDoors {
public:
    virtual ~NodeDoors() = default;
    /// The node is about to appear; `number` is its devnum.
    virtual void open(std::uint16_t bus, std::uint8_t number) = 0;
    /// The node is gone; what has it open keeps it.
    virtual void shut(std::uint16_t bus, std::uint8_t number) = 0;
};

/// What a call of usbfs gives: a value, or an errno.
struct CallResult {
    int error = 0;
    int value = 0;
};

/// Plays the kernel's part: makes and removes the objects in sysfs and announces them by uevents, in the
/// kernel's order. It decides nothing about routing.
class Kernel {
public:
    Kernel(FileTree& tree, UeventSender& events, NodeDoors* doors = nullptr)
        : tree_(tree), events_(events), doors_(doors)
    {}

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

    /// One device, without what is behind it. In a claimed port it stays without configuration and drivers.
    [[nodiscard]] Result<void> connect(const topology::PortPath& place, const DeviceModel& model,
                                       std::string_view removable);
    [[nodiscard]] Result<void> disconnect(const topology::PortPath& place);
    /// What is there; null: nothing.
    [[nodiscard]] const PresentDevice* at(const topology::PortPath& place) const;
    [[nodiscard]] const std::map<topology::PortPath, PresentDevice>& devices() const { return devices_; }

    // usbfs, as in drivers/usb/core/devio.c and hub.c. `device` is a PresentDevice's serial; the errors are the kernel's.
    /// The device with these numbers now; 0: there is none.
    [[nodiscard]] std::uint64_t device_numbered(std::uint16_t bus, std::uint8_t number) const;
    /// Its number; nothing: it was unplugged.
    [[nodiscard]] std::optional<std::uint8_t> number_of(std::uint64_t device) const;
    [[nodiscard]] std::string place_of(std::uint64_t device) const;
    CallResult claim_port(std::uint64_t device, unsigned port, const Opener& opener);
    CallResult release_port(std::uint64_t device, unsigned port, const Opener& opener);
    CallResult set_configuration(std::uint64_t device, int value);
    CallResult claim_interface(std::uint64_t device, unsigned number, const Opener& opener);
    CallResult release_interface(std::uint64_t device, unsigned number, const Opener& opener);
    /// USBDEVFS_DISCONNECT: the driver has to let go, whoever it is.
    CallResult detach_driver(std::uint64_t device, unsigned number);
    /// USBDEVFS_CONNECT: the value is 1 where a driver of the host has taken it.
    CallResult attach_driver(std::uint64_t device, unsigned number);
    /// The name of the interface's driver.
    [[nodiscard]] std::expected<std::string, int> driver_of(std::uint64_t device, unsigned number);
    /// All that was claimed by it ends.
    void close(std::uint64_t device, const Opener& opener);

    /// Writing "3-1:1.0" to drivers_probe of the bus usb.
    void probe(std::string_view interface_name);
    /// After sleep: usbfs cannot take a device back, so the host's drivers get what programs had (by no means all that a
    /// kernel does then). The places where that happened.
    [[nodiscard]] std::vector<topology::PortPath> resume();

    /// "sdb1" of a device that is plugged in; null where there is no such block device.
    [[nodiscard]] const Node* block(std::string_view name) const;

private:
    struct Bus {
        std::string directory; ///< of the root hub, below sys
        bool superspeed = false;
        std::uint8_t next_number = 1;
    };
    [[nodiscard]] Result<void> show(const Node& node);
    void hide(const Node& node);
    [[nodiscard]] Result<void> add_ports(const topology::PortPath& hub, std::uint8_t ports);
    [[nodiscard]] Result<void> complete(const Board& board) const;
    [[nodiscard]] Result<void> take_over(const DeviceModel& model);
    [[nodiscard]] Result<void> occupy_port(const topology::PortPath& place) const;
    void say_port_state(const topology::PortPath& place, std::string_view state) const;
    [[nodiscard]] Result<void> show_node(const PresentDevice& device, std::uint16_t bus);
    [[nodiscard]] Result<void> configure(const topology::PortPath& place, PresentDevice& device);
    void unconfigure(const topology::PortPath& place, PresentDevice& device);
    [[nodiscard]] Result<void> bind_host_driver(const topology::PortPath& place, PresentDevice& device,
                                                PresentInterface& interface);
    [[nodiscard]] Result<void> link_driver(PresentInterface& interface, std::string_view driver);
    void let_go(const topology::PortPath& place, PresentDevice& device, PresentInterface& interface);
    [[nodiscard]] Result<void> show_disks(PresentDevice& device);
    [[nodiscard]] bool is_claimed(const topology::PortPath& place) const;
    /// Place and device; the device is null if it was unplugged.
    [[nodiscard]] std::pair<topology::PortPath, PresentDevice*> find(std::uint64_t device);
    /// The lowest that is free, as in drivers/scsi/sd.c.
    [[nodiscard]] char lowest_free_letter() const;
    /// Gives each disk among them a letter that is free, its own if it can.
    void take_letters(std::vector<Node>& nodes);
    [[nodiscard]] std::string directory_of(const topology::PortPath& place) const;
    [[nodiscard]] std::string port_directory(const topology::PortPath& place) const;
    [[nodiscard]] std::uint8_t choose_number(std::uint16_t bus);
    [[nodiscard]] bool is_number_used(std::uint16_t bus, std::uint8_t number) const;

    FileTree& tree_;
    UeventSender& events_;
    NodeDoors* doors_; ///< null: nobody answers for the nodes
    std::map<PciAddress, Node> functions_;
    std::map<std::uint16_t, Bus> buses_;
    std::map<topology::PortPath, PresentDevice> devices_;
    std::uint64_t next_serial_ = 1;
    std::set<char> disk_letters_;
    unsigned next_host_ = 0;
    unsigned next_input_ = 0;
};

} // namespace usbroute::sim
