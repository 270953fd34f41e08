// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/host_use.hpp"
#include "topology/snapshot.hpp"

#include <string>
#include <vector>

/// What the host loses by a move or by giving a whole controller: one source for both.
namespace usbroute::plan {

/// Places that leave together, with everything at and below them, under the name by which a person knows where they are: a
/// connector's, or a controller's.
struct Departure {
    std::string from;
    std::vector<topology::PortPath> places;

    [[nodiscard]] bool has(const topology::PortPath& place) const;
};

/// What remains to type with when all of these are gone.
[[nodiscard]] topology::KeyboardLoss keyboard_loss(const topology::Snapshot& snapshot,
                                                   const topology::HostUse& use,
                                                   const std::vector<Departure>& departures);

/// What is in use and goes along, or is cut off for a moment: no reason to refuse.
[[nodiscard]] std::vector<std::string> activity_warnings(const topology::Snapshot& snapshot,
                                                         const topology::HostUse& use,
                                                         const std::vector<Departure>& departures);

/// Whether it may be something to type on, by its class alone.
[[nodiscard]] bool may_be_an_input(const topology::Interface& interface);

/// Which parts of the host's use can matter for this device when it moves; `is_lost`: it leaves the host.
void add_parts(topology::UseParts& parts, const topology::Device& device, bool is_lost);

} // namespace usbroute::plan
