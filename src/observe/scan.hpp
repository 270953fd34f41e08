// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/host_use.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace usbroute::observe {

/// Hub ports are many and cost two files each; a table of what belongs to whom does not need them.
enum class Ports : std::uint8_t { read, skip };

/// Reads everything once. Never fails: what could not be read is a note in the snapshot, what vanished while we
/// looked is not in it, and a machine without USB gives a snapshot without controllers.
[[nodiscard]] topology::Snapshot scan(const KernelTree& tree, Ports ports = Ports::read);

/// Looks again at what `changed` names (sysfs paths without a leading slash, as udev's hints give them) and
/// takes the rest from `before`. Where everything that happened was hinted at, the result equals a new scan; only the cost
/// differs, which does not grow with what is on other buses. What was not hinted at, `still_holds` notices.
[[nodiscard]] topology::Snapshot rescan(const KernelTree& tree, const topology::Snapshot& before,
                                        std::span<const std::string> changed);

/// What the host does with its devices at this moment, as far as `parts` asks. What may not be looked at, other users'
/// processes above all, is not in it.
[[nodiscard]] topology::HostUse look_at_host_use(const KernelTree& tree,
                                                 const topology::UseParts& parts = topology::UseParts::all());

/// Whether the kernel is locked down, in its own word ("integrity", "confidentiality"); empty: no, or not told.
[[nodiscard]] std::string lockdown_level(const KernelTree& tree);

} // namespace usbroute::observe
