// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/domain.hpp"
#include "attach/guest_usb.hpp"
#include "attach/host_device.hpp"
#include "base/ids.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace usbroute::attach {

/// A device in a socket that no mux reaches, as the host's kernel shows it.
struct SeenDevice {
    HostDevice device;
    std::uint8_t hub_ports =
        0; ///< 0: not a hub, or one without a configuration, whose ports nobody knows yet
    bool has_hub_class = false;
    bool is_superspeed = false;
    /// It has a configuration, and so interfaces. One that has come into a claimed port has none.
    bool is_configured = true;
    /// Of its interfaces: how many a driver of the host has, a program has by usbfs, and nobody has.
    std::uint8_t with_host = 0;
    std::uint8_t with_program = 0;
    std::uint8_t with_nobody = 0;
    bool operator==(const SeenDevice&) const = default;

    [[nodiscard]] bool is_hub() const { return has_hub_class || hub_ports > 0; }
};

[[nodiscard]] SeenDevice seen(const topology::Device& device);

/// Why nothing is known of a guest that libvirt runs.
struct Silence {
    std::string code; ///< "no-helper", "no-libvirt", "no-domain", "no-look", "same-domain"
    std::string why;  ///< a clause, printable
    bool operator==(const Silence&) const = default;
};

/// A guest's QEMU, as of the last look.
struct SeenGuest {
    GuestName name;
    std::optional<GuestUsb> usb; ///< nothing: there is no connection to its monitor, or to libvirt
    bool is_gone = false;        ///< and it does not run, as far as can be told
    bool is_changing = false;    ///< it has come just now, or is about to go: more is known in a moment
    std::optional<Domain> domain = std::nullopt;   ///< libvirt runs it, and is asked in place of QEMU
    std::optional<Silence> silence = std::nullopt; ///< of a domain of which nothing is known
    bool operator==(const SeenGuest&) const = default;

    /// One more USB controller can be plugged in while it runs: there is an empty root port, and it is QEMU that is asked. No libvirt
    /// plugs one into a domain that runs (9.0 seen, up to 12 read: "hotplug of device type 'usb' controller is not supported").
    [[nodiscard]] bool can_be_given_a_controller() const
    {
        return !domain && usb && !usb->free_root_ports.empty();
    }
};

/// How a device is handed over.
enum class Way : std::uint8_t {
    descriptor, ///< it opens the device's node, claims ports, and passes the node on: nobody else needs a right
    by_place, ///< it may not open nodes: QEMU waits for the device at its port, opens it itself, and needs the right to
    by_libvirt, ///< libvirt opens it, and gives QEMU the right to: by its bus and number, so for one plug
};

/// The hub that a port belongs to: "3-1" of "3-1.4", "usb3" of "3-1". The port is not a root hub.
[[nodiscard]] topology::PortPath hub_of(const topology::PortPath& port);

/// The way of each place to a guest whose QEMU is asked. A node that may not be opened changes the way of the places that it is needed for, and of no
/// others: a hub's that of its ports, which cannot be claimed, and a device's its own.
struct Ways {
    Way usual = Way::descriptor;
    std::vector<topology::PortPath>
        shut; ///< where the hubs and devices are whose nodes could not be opened; in order
    bool operator==(const Ways&) const = default;

    [[nodiscard]] Way at(const topology::PortPath& place) const;
};

/// The way of a device at this place to this guest.
[[nodiscard]] Way way_to(const SeenGuest& guest, const Ways& ways, const topology::PortPath& place);

/// All that this means goes by.
struct Seen {
    Ways ways;
    bool sleeps_soon = false; ///< the host is about to: what guests have is taken back in order before
    std::vector<topology::PortPath> claimed; ///< ports that we keep the host's drivers from, in order
    std::vector<SeenDevice> devices;         ///< by path, hubs among them
    std::vector<SeenGuest> guests;
    bool operator==(const Seen&) const = default;

    [[nodiscard]] const SeenDevice* device_at(const topology::PortPath& path) const;
    [[nodiscard]] const SeenGuest* guest(const GuestName& name) const;
    [[nodiscard]] bool is_claimed(const topology::PortPath& port) const;
};

/// Whether it is this device that the object is for, or would take.
[[nodiscard]] bool is_for(const HostObject& object, const HostDevice& device);

/// Where the devices are that a guest has got or lost from one look at it to the next, in order: usbfs tells nobody. Nothing: that is not
/// known, because somebody else's object does not say which device it is for.
[[nodiscard]] std::optional<std::vector<topology::PortPath>>
places_touched(std::span<const HostObject> before, std::span<const HostObject> after,
               const topology::Snapshot& snapshot);

/// The guest that has a device, by an object of ours or of anybody else.
struct Having {
    const SeenGuest* guest = nullptr;
    const HostObject* object = nullptr;
};
[[nodiscard]] std::vector<Having> who_has(const Seen& seen, const HostDevice& device);

} // namespace usbroute::attach
