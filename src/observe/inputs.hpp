// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/keyboards.hpp"

#include <optional>

namespace usbroute::observe {

/// The input devices that have keys, and the Bluetooth adapters on which some of them hang. Nothing: the kernel's list of
/// them is not there, as in a recording that was made without it.
[[nodiscard]] std::optional<topology::Inputs> look_at_inputs(const KernelTree& tree);

} // namespace usbroute::observe
