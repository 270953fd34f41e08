// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/snapshot.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::topology {

/// A network interface, and what would be lost with it.
struct CarriedRoute {
    std::string name;
    std::string carries = "the default route"; ///< safe to print
    bool operator==(const CarriedRoute&) const = default;
};

/// Something of a USB device that is in use at this moment and loses nothing that cannot be begun again. A move that cuts
/// it off says so and goes on.
struct Activity {
    PortPath usb;
    std::string what; ///< safe to print: "network interface eth1 carries the default route"
    std::optional<CarriedRoute> route = std::nullopt; ///< where that is what it does
    bool operator==(const Activity&) const = default;
};

/// The interfaces of the default routes in /proc/net/route, each once. Rows that do not look like the kernel's are passed
/// over.
[[nodiscard]] std::vector<std::string> parse_routes(std::string_view text);
/// The same of /proc/net/ipv6_route, without the kernel's own rows that refuse (RTF_REJECT).
[[nodiscard]] std::vector<std::string> parse_ipv6_routes(std::string_view text);
/// The interfaces of rows that lead to another machine (RTF_GATEWAY), whatever lies behind it, each once.
[[nodiscard]] std::vector<std::string> parse_gateway_routes(std::string_view text);
/// The interface by which packets for this address leave, "192.168.7.1" or "fd00::1", by the most exact row of the table of
/// its kind; nothing: no row fits, or it is no address.
[[nodiscard]] std::optional<std::string> interface_to(std::string_view address, std::string_view routes,
                                                      std::string_view ipv6_routes);

/// A mount whose file system lies on another machine.
struct ServedMount {
    std::string point;  ///< "/"
    std::string server; ///< "192.168.7.1"
    bool operator==(const ServedMount&) const = default;
};
/// Those of /proc/self/mountinfo of which the kernel tells the server's address: NFS and SMB as addr=, Ceph in the source.
[[nodiscard]] std::vector<ServedMount> parse_served_mounts(std::string_view text);
/// "ttyUSB0" of a /proc/consoles in which the kernel writes its messages to it (fs/proc/consoles.c; E is CON_ENABLED).
[[nodiscard]] std::vector<std::string> parse_consoles(std::string_view text);
/// The devices of the PPP over Ethernet sessions in /proc/net/pppoe (drivers/net/ppp/pppoe.c, pppoe_seq_show).
[[nodiscard]] std::vector<std::string> parse_pppoe(std::string_view text);

} // namespace usbroute::topology
