// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/census.hpp"
#include "topology/snapshot.hpp"

#include <optional>
#include <span>

namespace usbroute::observe {

/// Nothing: they cannot be listed now, as without a free descriptor.
[[nodiscard]] std::optional<topology::Census> take_census(const KernelTree& tree);

/// Whether what the kernel lists, and the drivers of the controllers, are what `snapshot` was made from. True also where
/// nothing can be listed: then only hints can tell.
[[nodiscard]] bool still_holds(const KernelTree& tree, const topology::Snapshot& snapshot);

/// Whether each controller of the PCI bus has the driver that it had when `snapshot` was made.
[[nodiscard]] bool have_their_drivers(const KernelTree& tree, const topology::Snapshot& snapshot);

/// Whether everything that came or went on the USB between two censuses is at or below one of these places.
[[nodiscard]] bool explain(std::span<const topology::PortPath> places, const topology::Census& before,
                           const topology::Census& now);

/// The driver of a device by its link; a recording that lost its links may still have it in `uevent`. Empty: none.
[[nodiscard]] std::string driver_of(const KernelTree& tree, const std::string& directory);

} // namespace usbroute::observe
