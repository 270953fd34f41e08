// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "chips/registers.hpp"

#include <string_view>

namespace usbroute::plan {

/// What is known of a moment at which the routing registers were found other than they were left.
struct DriftEvidence {
    chips::RouteBits before;
    chips::RouteBits now;
    bool has_slept = false;        ///< the machine, since the registers were last read
    bool is_given_away = false;    ///< the xHCI: a guest may write its configuration space
    bool has_a_new_driver = false; ///< the xHCI was off the bus, or another or no driver ran it
};

/// Who it probably was, as half a sentence: "probably the firmware, when the machine woke". A guess: nothing in
/// the hardware says who wrote.
///
/// Kernel and firmware give every movable socket to the xHCI: drivers/usb/host/pci-quirks.c,
/// usb_enable_intel_xhci_ports(), which Linux calls when xhci_hcd is bound and when the controller resumes.
[[nodiscard]] std::string_view likely_cause(const DriftEvidence& evidence);

} // namespace usbroute::plan
