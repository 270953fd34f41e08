// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/handover.hpp"

#include <optional>
#include <string_view>

namespace usbroute::observe {

/// Reads what a handover is decided on.
[[nodiscard]] topology::HandoverLook look_at_handover(const KernelTree& tree);

/// The processes that have /dev/vfio/GROUP or /dev/vfio/devices/NAME open. Of this machine only: a recording has no
/// processes in it, and says nothing of who they were.
[[nodiscard]] topology::HolderLook look_at_holders(const KernelTree& tree);

/// Whether a function's configuration space promises a function level reset: bit 28 of Device Capabilities in the PCI
/// Express capability (id 0x10; PCIe 3.0, 7.8.3), or bit 1 of AF Capabilities in the Advanced Features capability
/// (id 0x13; PCI-SIG ECN "Advanced Capabilities for Conventional PCI", 2006). Nothing where fewer than 256 bytes are
/// there: the kernel shows 64 to openers without CAP_SYS_ADMIN.
[[nodiscard]] std::optional<bool> promises_function_level_reset(std::string_view config);

} // namespace usbroute::observe
