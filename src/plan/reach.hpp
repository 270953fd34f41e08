// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "topology/snapshot.hpp"

#include <string>
#include <vector>

/// Whether what the configuration wants can be reached by the mux once every guest has its controllers: what does not
/// change when a guest is bound is known before one is built.
namespace usbroute::plan {

/// The machine as it would be with every controller of a guest on vfio-pci.
[[nodiscard]] topology::Snapshot as_if_bound(const topology::Snapshot& snapshot,
                                             const config::Settings& settings);

struct OutOfReach {
    config::Origin origin; ///< of the guest or the profile
    std::string subject;   ///< "guest windows", "profile desk-in-windows"
    std::string sentence;  ///< "no socket of this machine reaches 0000:00:1a.0 through the mux"
};

/// Guests whose EHCIs no socket can be routed to, and profiles that can never be applied. Empty also where the board has
/// no mux, or its registers must not be written.
[[nodiscard]] std::vector<OutOfReach> out_of_reach(const topology::Snapshot& snapshot,
                                                   const config::Settings& settings);

/// Two sockets that one profile wants at two guests although they reach the same EHCI, and what to do about it; empty: none.
[[nodiscard]] std::string wished_of_one_ehci(const topology::Snapshot& snapshot,
                                             const config::Settings& settings);

/// The EHCIs which a guest would have to have, so that its part of every profile can be applied, or, where it is in none,
/// so that every named socket reaches it; empty: that would not help either. Tried by planning.
[[nodiscard]] std::vector<PciAddress>
controllers_for(const GuestName& guest, const topology::Snapshot& snapshot, const config::Settings& settings);

} // namespace usbroute::plan
