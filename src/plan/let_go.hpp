// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/handover.hpp"

#include <string>

namespace usbroute::plan {

/// Why the host cannot do without a function of PCI, "has sda, / is on it"; empty: nothing is known to be lost. No
/// command that unbinds a driver is printed for a function of which this says something.
[[nodiscard]] std::string why_it_stays(const HandoverSituation& situation,
                                       const chips::PciFunction& function);

/// What can be done about a group of which the host or another guest uses a part. What it names has been planned first:
/// the rest of a group given too, or another controller instead.
[[nodiscard]] std::string remedy_for_group(const HandoverSituation& situation, const BindRequest& request,
                                           const topology::PciController& controller);

} // namespace usbroute::plan
