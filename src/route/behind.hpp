// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "route/mux.hpp"
#include "topology/connector.hpp"

#include <vector>

namespace usbroute::route {

/// Completes those connectors that are holes of a hub behind a socket of the mux, a hub on the board, say: they have its
/// side, its controllers, and their own place below each of its places. Known by `behind`, or by a `usb` place that lies
/// at or below a socket of the mux.
void complete_holes_behind(std::vector<topology::Connector>& connectors, const std::optional<Mux>& mux);

} // namespace usbroute::route
