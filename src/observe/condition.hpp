// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/condition.hpp"

namespace usbroute::observe {

/// Reads what a diagnosis needs beyond a scan. Never fails: what could not be read is absent.
[[nodiscard]] topology::Condition look_at_condition(const KernelTree& tree);

} // namespace usbroute::observe
