// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "chips/registers.hpp"
#include "sim/board.hpp"
#include "sim/device.hpp"
#include "topology/snapshot.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::sim {

using chips::RouteBits;
using topology::PortPath;

/// One USB controller: on the bus or not, driven or not.
struct ControllerState {
    PciAddress address;
    bool present = true;
    std::string driver;               ///< empty: none
    std::uint16_t usb2_bus = 0;       ///< 0: no bus, since no host driver runs it
    std::uint16_t superspeed_bus = 0; ///< 0: none

    [[nodiscard]] bool is_driven_by_host() const { return driver == "ehci-pci" || driver == "xhci_hcd"; }
};

/// Something that a person plugged into a socket. `at` is where the kernel shows it; empty: nowhere, now.
struct Plug {
    std::string name;
    const Socket* socket = nullptr;
    const DeviceModel* model = nullptr;
    std::optional<PortPath> at;
};

/// The whole board as a value: what the registers say, who drives what, what is plugged in where.
struct Machine {
    RouteBits registers;
    std::vector<ControllerState> controllers; ///< xHCI, EHCI #1, EHCI #2
    std::vector<Plug> plugs;

    [[nodiscard]] const ControllerState* controller_at(const PciAddress& address) const;
    [[nodiscard]] ControllerState* controller_at(const PciAddress& address);
    /// By its own name or by its socket's.
    [[nodiscard]] Plug* plug_named(std::string_view name_or_socket);
    [[nodiscard]] const ControllerState* controller_of_bus(std::uint16_t bus) const;
};

/// After boot: all at the xHCI, the devices of the socket table plugged in but not yet seen by the kernel.
[[nodiscard]] Machine machine_at_start();

/// Where the kernel shows a device of this plug, given the registers and drivers; nothing where the wires end
/// at a controller that no host driver runs.
///
/// A SuperSpeed device looks for its SuperSpeed link when it is new on its wires, and then stays with what it
/// found: with its link for as long as USB3_PSSEN leaves it on, wherever the USB 2 wires are; on the USB 2
/// wires until these move. So the order of the two writes matters here as it does on a board (the HOWTO's
/// note 4; nobody here has seen it).
[[nodiscard]] std::optional<PortPath> home_of(const Machine& machine, const Plug& plug);

/// Names of plugs that the kernel must take away from where they are, and of those it must show anew.
struct Moves {
    std::vector<std::string> leave;
    std::vector<std::string> arrive;
};
[[nodiscard]] Moves moves_due(const Machine& machine);

/// What the chip keeps of a write: bits outside the masks, the masks and the fuses stay as they were.
[[nodiscard]] RouteBits taken(const RouteBits& now, const RouteBits& written);
/// What kernel and firmware do after sleep: every bit of the masks goes to the xHCI.
[[nodiscard]] RouteBits after_resume(const RouteBits& now);

/// Gives the controller bus numbers as the kernel does, the lowest free ones; 0 where no host driver runs it.
void number_buses(Machine& machine, ControllerState& controller);

/// Puts a new device into an empty socket. The name is the kind where none is given, with a number if taken.
[[nodiscard]] Result<std::string> plug_in(Machine& machine, std::string_view socket, std::string_view kind,
                                          std::string_view name);

/// Why a plug has no home: "the guest has it: 0000:00:1d.0 is on vfio-pci".
[[nodiscard]] std::string why_absent(const Machine& machine, const Plug& plug);

/// A device and all that is behind it, each with its place, hubs before what they carry.
struct Standing {
    PortPath place;
    const DeviceModel* model = nullptr;
};
[[nodiscard]] std::vector<Standing> standing(const DeviceModel& model, const PortPath& place);

[[nodiscard]] RouteBits routes_in(std::string_view config);
void put_routes(std::string& config, const RouteBits& routes);

} // namespace usbroute::sim
