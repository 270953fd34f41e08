// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/handover.hpp"

#include <vector>

namespace usbroute::observe {

/// What the host has on those functions that are no USB controller and share an IOMMU group with one.
[[nodiscard]] std::vector<topology::FunctionLoad>
read_function_loads(const KernelTree& tree, const std::vector<chips::PciFunction>& functions);

} // namespace usbroute::observe
