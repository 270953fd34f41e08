// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "chips/registers.hpp"
#include "sim/board.hpp"
#include "sim/device.hpp"
#include "topology/snapshot.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::sim {

using chips::RouteBits;
using topology::PortPath;

/// One USB controller: on the bus or not, driven or not.
struct ControllerState {
    bool present = true;
    std::string driver;               ///< empty: none
    std::uint16_t usb2_bus = 0;       ///< 0: no bus, since no host driver runs it
    std::uint16_t superspeed_bus = 0; ///< 0: none

    [[nodiscard]] bool is_driven_by_host() const { return topology::hold_of(driver) == topology::Hold::host; }
};

/// Something that a person plugged into a socket, or into a hub. `at` is where the kernel shows it; empty: nowhere, now.
struct Plug {
    std::string name;
    std::size_t socket = 0; ///< of the board; what is behind a hub has the hub's
    std::uint8_t port = 0;  ///< of the hub that it is plugged into; 0: into the socket itself
    const DeviceModel* model = nullptr;
    /// The SuperSpeed half of a hub: a device of its own, with wires of its own (USB 3.2, 10.1).
    bool is_superspeed_half = false;
    std::optional<PortPath> at;
    std::vector<Plug> behind; ///< by port
    /// A hub that is there and whose driver does not run, so that nothing behind it is seen.
    bool is_dead = false;
};

/// The whole board as a value: what the registers say, who drives what, what is plugged in where.
struct Machine {
    std::shared_ptr<const Board> board;
    RouteBits registers;                      ///< zero on a board without a mux
    std::vector<ControllerState> controllers; ///< as the board's
    std::vector<Plug> plugs;                  ///< in sockets

    [[nodiscard]] std::optional<std::size_t> index_of(const PciAddress& address) const;
    [[nodiscard]] std::optional<std::size_t> controller_of_bus(std::uint16_t bus) const;
    /// By its own name or by its socket's.
    [[nodiscard]] Plug* plug_named(std::string_view name_or_socket);
    /// What a plug is plugged into; null: a socket, or there is no such plug.
    [[nodiscard]] Plug* hub_of(std::string_view name);
    /// What is plugged into the socket, through whatever hubs; null: there is no such plug.
    [[nodiscard]] Plug* top_of(std::string_view name);
    /// Takes it out, with all that is behind it.
    void remove(std::string_view name);
    [[nodiscard]] const std::string& socket_name(const Plug& plug) const;
    [[nodiscard]] bool has_mux() const { return board->mux.has_value(); }
};

/// The board as it was recorded.
[[nodiscard]] Machine machine_at_start(std::shared_ptr<const Board> board);

/// Where the kernel shows what is plugged into a socket, given the registers and drivers; nothing where the wires end
/// at a controller that no host driver runs.
///
/// A SuperSpeed device looks for its SuperSpeed link when it is new on its wires, and then stays with what it
/// found: with its link for as long as USB3_PSSEN leaves it on, wherever the USB 2 wires are; on the USB 2
/// wires until these move. So the order of the two writes matters here as it does on a board (the HOWTO's
/// note 4; nobody here has seen it).
[[nodiscard]] std::optional<PortPath> home_of(const Machine& machine, const Plug& plug);

/// Names of plugs that the kernel must take away from where they are, and of those it must show again.
struct Moves {
    std::vector<std::string> leave;
    std::vector<std::string> arrive;
};
[[nodiscard]] Moves moves_due(const Machine& machine);

/// What the chip keeps of a write: bits outside the masks, the masks and the fuses stay as they were.
[[nodiscard]] RouteBits taken(const RouteBits& now, const RouteBits& written);
/// What kernel and firmware do after sleep: every bit of the masks goes to the xHCI.
[[nodiscard]] RouteBits after_resume(const RouteBits& now);

/// Gives a controller bus numbers as the kernel does, the lowest free ones; 0 where no host driver runs it.
void number_buses(Machine& machine, std::size_t controller);

/// Puts a new device into an empty socket, or into a free port of a hub (sim/spot.hpp says how both are called). The name
/// is the kind where none is given, with a number if taken.
[[nodiscard]] Result<std::string> plug_in(Machine& machine, std::string_view where, std::string_view kind,
                                          std::string_view name);

/// Why a plug has no home: "the guest has it: 0000:00:1d.0 is on vfio-pci".
[[nodiscard]] std::string why_absent(const Machine& machine, const Plug& plug);

/// A device and all that is behind it, each with its place, hubs before what they carry.
struct Standing {
    PortPath place;
    Plug* plug = nullptr;
};
[[nodiscard]] std::vector<Standing> standing(Plug& plug, const PortPath& place);

} // namespace usbroute::sim
