// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "chips/registers.hpp"
#include "topology/seat.hpp"
#include "topology/snapshot.hpp"
#include "topology/usb_place.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::topology {

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
    /// Beside `places` or in place of them: places by the way to their controller. `locate` adds those that are there to
    /// `places`.
    std::vector<WayPlace> ways = {};
    std::vector<HubPlace> on_hubs = {}; ///< in place of `places`: ports of hubs of a name
    std::optional<UsbIds> expect = {};  ///< what alone may leave the host from here; nothing: anything
    std::optional<DeviceKey> device =
        {}; ///< it is no hole but the single device in one, which is for somebody of its own

    /// Named by a controller or a hub and by ports, and not by a bit.
    [[nodiscard]] bool is_by_place() const { return !places.empty() || !ways.empty() || !on_hubs.empty(); }
    /// Its places as a configuration has them.
    [[nodiscard]] std::vector<std::string> places_told() const;
    bool operator==(const ConnectorSpec&) const = default;
};

/// What is assigned of a connector that no mux reaches: its halves by controller, or its ports of a hub; or the device.
[[nodiscard]] std::vector<Key> place_keys(const ConnectorSpec& spec);

/// Adds to `places` those of `ways` whose controller is there.
void locate(const Snapshot& snapshot, ConnectorSpec& spec);

/// A connector as one snapshot shows it. How it can be moved, and what that takes, is the business of its means (route/).
struct Connector {
    ConnectorSpec spec;
    std::vector<Seat> seats;  ///< where what is plugged in can be; empty: nobody knows
    std::optional<SeatId> at; ///< where it is; absent: not known, for what says so could not be read
    std::optional<PortPath> superspeed_place; ///< where its SuperSpeed half appears, whatever its seat
    std::optional<bool> superspeed_on;        ///< absent: no SuperSpeed half named, or not readable
    std::optional<ConnectorName> behind = {}; ///< the socket that this hole of a hub goes with
    /// Why it has no place now though it can be assigned, one short sentence: its hub is not plugged in. Empty: it has one.
    std::string missing = {};
    /// Its whole controller goes to this guest and comes back when a move says so; nothing: it does not.
    std::optional<GuestName> whole_for = {};

    [[nodiscard]] const Seat* seat(const SeatId& id) const;
    [[nodiscard]] Seat* seat(const SeatId& id);
    /// Null: there is no such seat, or its controller is absent from the bus or hidden.
    [[nodiscard]] const PciController* controller_at(const SeatId& id) const;
    /// Of the seat at which it is.
    [[nodiscard]] const PciController* controller_now() const;
    /// Who has the USB 2 wires of a socket of the mux; absent: it is none, or not known.
    [[nodiscard]] std::optional<Side> side() const;
    /// Where a USB 2 device in a socket of the mux appears on that side; absent: nowhere that the host sees.
    [[nodiscard]] std::optional<PortPath> place_on(Side side) const;
    /// Every place where a device in this connector can be now.
    [[nodiscard]] std::vector<PortPath> places_now() const;
    /// Every place of this connector at any seat: where a device that has just left was, too.
    [[nodiscard]] std::vector<PortPath> all_places() const;
};

/// Where a place that was told is on the kernel's buses now; nothing: the controller or its bus is not there.
[[nodiscard]] std::optional<PortPath> path_of(const Snapshot& snapshot, const UsbPlace& place);
/// The place by its controller of what is there now; nothing: its controller has no address.
[[nodiscard]] std::optional<UsbPlace> place_of(const Snapshot& snapshot, const PortPath& path);
/// What a device is remembered by: its serial number, where it has one and no other with the same ids and the same one is there, or
/// its place. Nothing: its controller has no address.
[[nodiscard]] std::optional<DeviceKey> key_of(const Snapshot& snapshot, const Device& device);
/// The way to a controller, as its directory in sysfs tells it; nothing: the directory is not below a root bus of PCI.
[[nodiscard]] std::optional<PciWay> way_to(const PciController& controller);
/// The same place by its controller's address now; nothing: there is no USB controller at the end of the way.
[[nodiscard]] std::optional<UsbPlace> located(const Snapshot& snapshot, const WayPlace& place);
[[nodiscard]] std::optional<UsbPlace> located(const Snapshot& snapshot, const ToldPlace& place);

/// Where what says the seat cannot be read, a device tells it: it can only be at the one where the connector is.
[[nodiscard]] std::optional<SeatId> seat_by_devices(const Snapshot& snapshot, const Connector& connector);

/// The devices in a connector now, hubs and what is behind them included.
[[nodiscard]] std::vector<const Device*> devices_in(const Snapshot& snapshot, const Connector& connector);

} // namespace usbroute::topology
