// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "chips/chips.hpp"
#include "config/settings.hpp"
#include "observe/kernel_tree.hpp"
#include "sim/device.hpp"
#include "sim/node.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::sim {

/// A place that outlives bus numbers: a controller of the board and the ports from its root hub on.
struct Wire {
    std::size_t controller = 0; ///< index into the board's
    bool superspeed = false;    ///< below its SuperSpeed root hub
    std::vector<std::uint8_t> ports;
    bool operator==(const Wire&) const = default;
};

/// One hole of the case: where the wires of what is plugged in can end.
struct BoardSocket {
    std::string name;
    std::optional<chips::MuxBit> bit; ///< absent: nothing moves these wires
    std::optional<Wire> on_xhci;      ///< USB 2 wires while the bit is 1; without a bit, always
    std::optional<Wire> on_ehci;      ///< while the bit is 0; absent: no controller is there
    std::optional<Wire> superspeed;
};

/// Another name for a socket, or for a port of a hub that is plugged into one.
struct SocketAlias {
    std::string name;
    std::size_t socket = 0;
    std::vector<std::uint8_t> ports; ///< from the hub in that socket on
};

/// A function of the PCI bus that drives USB.
struct BoardFunction {
    PciAddress address;
    std::uint16_t vendor = 0;
    std::uint16_t device = 0;
    std::string driver; ///< that the kernel chooses for it
    std::optional<std::uint32_t> iommu_group;
    std::string config; ///< its configuration space, at least 256 bytes
    Node node;          ///< as recorded, with the driver that it has there
};

/// A part of the board that sits in a port: the rate matching hub of Intel's EHCI.
struct FixedDevice {
    std::vector<std::uint8_t> ports;
    DeviceModel model;
};

struct BoardController {
    std::string name;      ///< its address, or the kernel's name of what is not on the PCI bus
    std::string title;     ///< "xHCI", "EHCI #1"
    std::string directory; ///< below sys
    topology::ControllerKind kind = topology::ControllerKind::other;
    std::optional<BoardFunction> function; ///< absent: not on the PCI bus
    std::string driver;                    ///< when it was recorded; empty: none
    std::uint16_t usb2_bus = 0;            ///< when it was recorded; 0: none
    std::uint16_t superspeed_bus = 0;
    DeviceModel usb2_hub;
    std::optional<DeviceModel> superspeed_hub;
    std::vector<FixedDevice> fixed;
    std::map<std::uint8_t, std::uint8_t>
        peers; ///< USB 2 root ports and the SuperSpeed ports that the kernel pairs with them
};

/// What was plugged in when the board was recorded.
struct BoardPlug {
    std::size_t socket = 0;
    std::vector<std::uint8_t> ports; ///< from the device in the socket on; empty: that device itself
    topology::PortPath at;
    const DeviceModel* model = nullptr; ///< one of the board's
};

/// A machine as it was recorded, made ready to be played. It does not change.
struct Board {
    std::string title;                        ///< "ASRock Z97E-ITX/ac", safe to print
    const chips::ChipFamily* chip = nullptr;  ///< null: no mux
    std::optional<std::size_t> mux;           ///< the controller with the routing registers
    std::vector<BoardController> controllers; ///< those of the PCI bus by address, then the others
    std::vector<BoardSocket> sockets;         ///< those that the machine's configuration names come first
    std::vector<SocketAlias> aliases;
    std::deque<DeviceModel> models; ///< of what is plugged in; a deque, because pointers into it stay valid
    std::vector<BoardPlug> plugs;   ///< hubs before what is behind them
    std::vector<config::ConnectorSettings> connectors;
    std::vector<config::HubSettings> hubs;
    std::vector<config::GuestSettings> guests;
    std::string disks;      ///< letters in use: "ac" for sda and sdc
    unsigned next_host = 6; ///< SCSI host; the SATA controllers of these boards have six
    unsigned next_input = 0;
    bool has_udev_records = false;
    std::vector<std::string> notes; ///< what is missing in the recording and was made up

    [[nodiscard]] const BoardController* controller_at(const PciAddress& address) const;
    /// The place of the chip table's EHCI #1 or #2 among the controllers; nothing where firmware hides it.
    [[nodiscard]] std::optional<std::size_t> ehci(std::uint8_t number) const;
    [[nodiscard]] std::optional<std::size_t> controller_of_bus(std::uint16_t bus) const;
    [[nodiscard]] std::vector<std::string> socket_names() const;
};

/// Reads a recorded machine: the folder that `usbroute record` writes and that `usbroute --root` takes. `settings` are
/// those of its own configuration, and may be empty.
[[nodiscard]] Result<std::shared_ptr<const Board>> load_board(const observe::KernelTree& tree,
                                                              const config::Settings& settings);

/// Part of `load_board`: names every hole of the board, those that no configuration names too.
void find_sockets(Board& board, const topology::Snapshot& snapshot);
/// Part of `load_board`: what is in them.
void find_plugs(Board& board, const observe::KernelTree& tree, const topology::Snapshot& snapshot);

} // namespace usbroute::sim
