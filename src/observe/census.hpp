// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/census.hpp"
#include "topology/snapshot.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::observe {

/// Nothing: they cannot be listed now, as without a free descriptor.
[[nodiscard]] std::optional<topology::Census> take_census(const KernelTree& tree);
/// The part of it about block devices.
[[nodiscard]] std::optional<std::vector<topology::Listed>> list_blocks(const KernelTree& tree);
/// Where the kernel lists the devices and interfaces of all buses.
inline constexpr std::string_view usb_list = "sys/bus/usb/devices";

/// Whether what the kernel lists, and the drivers of the controllers, are what `snapshot` was made from. True also where
/// nothing can be listed: then only hints can tell.
[[nodiscard]] bool still_holds(const KernelTree& tree, const topology::Snapshot& snapshot);

/// The driver of a device by its link; a recording that lost its links may still have it in `uevent`. Empty: none.
[[nodiscard]] std::string driver_of(const KernelTree& tree, const std::string& directory);

} // namespace usbroute::observe
