// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/drift_cause.hpp"

namespace usbroute::plan {

namespace {

bool has_everything(const chips::RouteBits& bits)
{
    return (bits.usb2_owner & bits.usb2_movable) == bits.usb2_movable &&
           (bits.superspeed_on & bits.superspeed_movable) == bits.superspeed_movable;
}

} // namespace

std::string_view likely_cause(const DriftEvidence& evidence)
{
    const bool is_all_at_xhci = has_everything(evidence.now);
    if (evidence.is_given_away) return "probably the guest that has the xHCI";
    if (evidence.has_slept)
        return is_all_at_xhci ? "probably the kernel or the firmware, when the machine woke"
                              : "probably the firmware, when the machine woke";
    if (evidence.has_a_new_driver && is_all_at_xhci)
        return "probably the kernel, when the xHCI got its driver";
    if (is_all_at_xhci) return "probably the kernel, when the xHCI woke from its own sleep";
    return "probably another program, such as setpci";
}

} // namespace usbroute::plan
