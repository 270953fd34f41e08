// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/snapshot.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace usbroute::topology {

/// Something of a USB device that is in use at this moment and loses nothing that cannot be begun again. A move that cuts
/// it off says so and goes on.
struct Activity {
    PortPath usb;
    std::string what; ///< safe to print: "eth1 carries the default route"
    bool operator==(const Activity&) const = default;
};

/// The interfaces of the default routes in /proc/net/route, each once. Rows that do not look like the kernel's are passed
/// over.
[[nodiscard]] std::vector<std::string> parse_routes(std::string_view text);
/// The same of /proc/net/ipv6_route, without the kernel's own rows that refuse (RTF_REJECT).
[[nodiscard]] std::vector<std::string> parse_ipv6_routes(std::string_view text);

} // namespace usbroute::topology
