// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/activity.hpp"
#include "topology/host_use.hpp"

#include <vector>

namespace usbroute::observe {

/// A network interface that carries a default route, or the way to what is mounted from another machine: itself, or below a
/// bridge, a bond, a VLAN, or a session of PPP over Ethernet.
struct RouteCarrier {
    std::string name;
    std::string route;   ///< the interface of the route, "br0"; the same as `name` where nothing is between
    std::string carries; ///< safe to print: "the default route", "the way to 192.168.7.1, which serves /"
    std::string syspath;
};
[[nodiscard]] std::vector<RouteCarrier> route_carriers(const KernelTree& tree);

/// Network interfaces of USB that carry a default route, radios that are connected, and Bluetooth adapters with
/// connections.
void add_network(const KernelTree& tree, std::vector<topology::Activity>& found);

/// Serial ports of USB to which the kernel writes its messages.
void add_consoles(const KernelTree& tree, std::vector<topology::Activity>& found);

/// Sound cards of USB that are played or recorded from at this moment.
void add_sound(const KernelTree& tree, std::vector<topology::Activity>& found);

/// Power supplies (UPS) that report to this machine, by what their HID interface says that it is.
void add_power_supplies(const KernelTree& tree, std::vector<topology::Activity>& found);

/// Serial ports, cameras, tuners, printers and modems of USB that some process holds open, and what it holds through
/// hidraw, hiddev or usbfs. sysfs does not tell, so the descriptors of the processes are gone through: those that may be
/// seen, and not more than a bounded number of them.
void add_open_devices(const KernelTree& tree, std::vector<topology::Activity>& found);

/// The mount tables of other mount namespaces, each once: what a container has mounted is not in ours. Mounts of devices
/// that `mounts` has already are left out.
void add_mounts_elsewhere(const KernelTree& tree, std::vector<topology::Mount>& mounts);

} // namespace usbroute::observe
