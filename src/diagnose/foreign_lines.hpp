// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/condition.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What a line of somebody's script does to the xHCI that holds the routing registers.
namespace usbroute::diagnose {

/// That xHCI, as a command or a rule can name it.
struct XhciNames {
    PciAddress address;
    std::uint16_t vendor = 0;
    std::uint16_t device = 0;
    std::string driver; ///< "xhci_hcd"
};

enum class Does : std::uint8_t { no, perhaps, yes };

/// Whether it writes a byte of 0xd0 to 0xdf of that function. "Perhaps" only where a part of the command that decides is
/// a variable, or the write goes by another way than setpci.
[[nodiscard]] Does writes_the_route(std::string_view line, const XhciNames& xhci);

/// Whether it may let that function go to sleep: a udev rule or a shell line that sets power/control to "auto" for it,
/// powertop's tuning, a setting of TLP.
[[nodiscard]] bool lets_it_sleep(const topology::ForeignLine& line, const XhciNames& xhci);

/// Whether a setting of TLP exempts it: RUNTIME_PM_DENYLIST by address, RUNTIME_PM_DRIVER_DENYLIST by driver.
[[nodiscard]] bool is_exempt_from_tlp(const std::vector<topology::ForeignLine>& lines, const XhciNames& xhci);

} // namespace usbroute::diagnose
