// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/actions.hpp"
#include "attach/seen.hpp"
#include "base/ids.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace usbroute::attach {

/// Whose the devices of a socket are to be.
struct Host {
    bool operator==(const Host&) const = default;
};
struct Nobody {
    bool operator==(const Nobody&) const = default;
};
using For = std::variant<Host, GuestName, Nobody>;

/// A socket that no mux reaches, and whom it is for.
struct Assignment {
    ConnectorName connector;
    std::vector<topology::PortPath> places; ///< its halves, as far as the host's buses show them
    For whom;
    /// Its number among the sockets of its kind, from 0: the device in it goes to the same port of the guest each time.
    std::size_t slot = 0;
    /// It is a guest's, or was until now: what is there without a driver was left so by a guest. In a socket that is the
    /// host's own nobody but its owner knows why something has none.
    bool heals = true;
};

/// The one in whose socket a place is: of those that contain it the nearest, for a socket of a hub lies within the socket in
/// which the hub is. Null: in none.
[[nodiscard]] const Assignment* assignment_of(const std::vector<Assignment>& assignments,
                                              const topology::PortPath& place);

/// What is known of devices from before; gone with the device.
struct Remembered {
    /// Two failures at one plug, and the host has it: each failed attempt resets the device (hw/usb/host-libusb.c).
    static constexpr std::uint8_t most_failures = 2;

    std::map<HostDevice, std::uint8_t> failures;
    std::map<HostDevice, std::string> why;                 ///< the last failure, or what guards it
    std::map<HostDevice, std::vector<std::string>> errors; ///< of each failure, oldest first
    std::set<HostDevice>
        stay; ///< guarded, or not what is expected: with the host, whomever the socket is for
    /// QEMU says that it has them, and has lost them: the guest had used them, and their interfaces have had nobody's driver for
    /// a while. So it is after sleep where the port is claimed.
    std::set<HostDevice> lost;
    /// The host's drivers were offered it, and do not want all of it: it is not asked again.
    std::set<HostDevice> offered;
    /// A guest has had them, and the host's drivers have not had all of them since: what has no driver was left so by the guest,
    /// also where the socket is the host's own by now. Not forgotten when it is asked for.
    std::set<HostDevice> guests_had;
    /// Where a guest had what was last at a place: it comes back there, after another plug and in a guest that was started anew.
    std::map<std::pair<GuestName, topology::PortPath>, GuestPort> ports;
    /// Root ports of guests that would not take a controller.
    std::set<std::pair<GuestName, std::string>> refused_root_ports;

    [[nodiscard]] bool has_failed(const HostDevice& device) const;
    /// Two for one device are the most that are kept.
    void note_failure(const HostDevice& device, const std::string& error);
    void forget_if(const std::function<bool(const HostDevice&)>& is_over);
    /// What was unplugged is forgotten.
    void forget_all_but(const std::vector<SeenDevice>& devices);
};

/// Why a device that is for a guest is not with it.
enum class Waits : std::uint8_t {
    no_monitor,    ///< the guest does not run, or there is no connection to its monitor, or to libvirt
    no_port,       ///< of the guest is free for it; the host has it
    held_by_other, ///< an object that is not ours, or another program of the host, has it
    failed,        ///< twice
    stays,         ///< guarded
    no_right,      ///< it has no driver, and its node may not be opened to offer it to one
};
struct Waiting {
    HostDevice device;
    Waits why = Waits::no_monitor;
    std::string by; ///< who holds it, the last failure, or of `no_monitor` why, if that is known
    std::vector<std::string> errors; ///< of its failures, oldest first
    std::optional<GuestName> guest;  ///< whom the socket is for
    bool is_superspeed = false;
    ControllerId controller;                     ///< of `no_port`: one that the guest does not have yet
    std::optional<Domain> domain = std::nullopt; ///< of `no_port`: the guest's, where libvirt runs it
    bool operator==(const Waiting&) const = default;
};

/// What is to be done so that each device is where its socket's assignment says, in order: what leaves a guest, what comes
/// home, ports, and then what a guest is given.
struct Due {
    std::vector<Action> actions;
    std::vector<Waiting> waiting;
    bool operator==(const Due&) const = default;
};

/// Pure, and the same whatever the order was in which device, guest, assignment and daemon have come.
[[nodiscard]] Due due(const std::vector<Assignment>& assignments, const Seen& seen,
                      const Remembered& remembered);

} // namespace usbroute::attach
