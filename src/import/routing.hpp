// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "import/names.hpp"
#include "import/proposal.hpp"
#include "import/spots.hpp"

#include <vector>

namespace usbroute::import_ {

/// Writes of XUSB2PR made connectors and profiles: a value says sides, not guests. Bits that are the same in all writes belong to no
/// profile.
void propose_routing(const Here& here, const Spots& spots, const std::vector<Found>& found,
                     PlainNames& connectors, PlainNames& profiles, Proposal& proposal);

} // namespace usbroute::import_
