// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "base/not_null.hpp"
#include "base/result.hpp"
#include "chips/chips.hpp"
#include "topology/side.hpp"
#include "topology/snapshot.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::topology {

/// A place named by controller and port chain, "0000:00:14.0/2.1", or "0000:00:14.0/ss3.1" for the
/// SuperSpeed half. Survives reboots, unlike a PortPath.
struct UsbPlace {
    PciAddress controller;
    bool superspeed = false;
    std::vector<std::uint8_t> ports;

    [[nodiscard]] static std::optional<UsbPlace> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    bool operator==(const UsbPlace&) const = default;
};

/// A hole that is a port of a hub behind another connector: "front-left/2".
struct BehindConnector {
    ConnectorName socket;
    std::vector<std::uint8_t> ports; ///< from that hub on; empty: not told which port it is

    [[nodiscard]] static std::optional<BehindConnector> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    bool operator==(const BehindConnector&) const = default;
};

/// What a person told us about one hole in the case.
struct ConnectorSpec {
    ConnectorName name;
    std::optional<chips::MuxBit> bit;                ///< its bit in XUSB2PR
    std::optional<chips::SuperSpeedPort> superspeed; ///< its SuperSpeed half, where it has one
    std::vector<UsbPlace> places;                    ///< on boards without the mux, in place of `bit`
    /// With `bit`: where its USB 2 half was seen, one place a controller. Counts more than the chip table, which
    /// knows chips and not boards.
    std::vector<UsbPlace> seen;
    std::optional<BehindConnector> behind = {}; ///< in place of `bit` and `places`
    bool operator==(const ConnectorSpec&) const = default;
};

/// The mux of a machine: the xHCI that holds the registers and the EHCIs on the other side.
/// Points into the snapshot it was found in.
struct Mux {
    NotNull<const PciController> xhci;
    NotNull<const chips::ChipFamily> family;
    std::vector<const PciController*> ehcis; ///< as in the chip table; null where firmware hides one
    const chips::RouteBits* bits = nullptr;  ///< null: could not be read

    [[nodiscard]] const PciController* ehci(std::uint8_t number) const;
    /// Bits of XUSB2PR that both the chip and firmware let us change. 0 while the registers are unreadable.
    [[nodiscard]] std::uint32_t movable_bits() const;
    [[nodiscard]] std::uint32_t movable_superspeed_bits() const;
};

/// The mux, if the machine has one that the chip table knows. EHCIs are found by id: addresses alone are other
/// devices on other chipsets.
[[nodiscard]] std::optional<Mux> find_mux(const Snapshot& snapshot);

/// Whether sockets of this EHCI are ports of Intel's rate matching hub, which is on its first root port. Taken for
/// granted where its buses cannot be seen.
[[nodiscard]] bool has_rate_matching_hub(const Controller& ehci);
/// Whether this is such a hub: a part of the chipset, which nobody has plugged in.
[[nodiscard]] bool is_rate_matching_hub(const Mux& mux, const Device& device);

/// A connector as one snapshot shows it.
struct Connector {
    ConnectorSpec spec;
    const chips::BitRoute* route = nullptr;   ///< null: no mux, or the chip lacks the bit
    std::optional<Side> side;                 ///< who has the USB 2 wires; absent: no mux, or not readable
    std::optional<bool> superspeed_on;        ///< absent: no SuperSpeed half named, or not readable
    std::optional<PortPath> xhci_place;       ///< where a USB 2 device appears when routed to xHCI
    std::optional<PortPath> ehci_place;       ///< the same for EHCI, behind the rate matching hub
    std::optional<PortPath> superspeed_place; ///< where its SuperSpeed half appears
    std::vector<PortPath> fixed_places;       ///< for connectors without a mux bit
    const PciController* xhci = nullptr;      ///< null where absent from the bus
    const PciController* ehci = nullptr;      ///< the twin's controller; null where absent or hidden
    std::optional<ConnectorName> behind = {}; ///< the socket of the mux that this hole of a hub goes with
    std::optional<chips::MuxBit> behind_bit = {}; ///< and its bit

    [[nodiscard]] const PciController* controller_on(Side where) const
    {
        return where == Side::xhci ? xhci : ehci;
    }
    /// Every place where a device in this connector can be now.
    [[nodiscard]] std::vector<PortPath> places_now() const;
    /// Every place of this connector on either side: where a device that has just left was, too.
    [[nodiscard]] std::vector<PortPath> all_places() const;
};

[[nodiscard]] Connector look_at(const Snapshot& snapshot, const ConnectorSpec& spec);
/// The same where the mux has been found already: many connectors share it.
[[nodiscard]] Connector look_at(const Snapshot& snapshot, const std::optional<Mux>& mux,
                                const ConnectorSpec& spec);

/// Names for the movable sockets that nobody has named yet: "bit0", "bit5", ... one for each bit of the chip
/// that no spec in `named` claims.
[[nodiscard]] std::vector<ConnectorSpec> unnamed_connectors(const chips::ChipFamily& family,
                                                            const std::vector<ConnectorSpec>& named);
/// The bit in a name of that kind; nothing for other names.
[[nodiscard]] std::optional<chips::MuxBit> bit_of_unnamed(std::string_view name);

/// The devices in a connector now, hubs and what is behind them included.
[[nodiscard]] std::vector<const Device*> devices_in(const Snapshot& snapshot, const Connector& connector);

} // namespace usbroute::topology
