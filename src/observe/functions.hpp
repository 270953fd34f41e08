// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"
#include "topology/chipset.hpp"

#include <vector>

namespace usbroute::observe {

/// Every function of the PCI bus of which the kernel tells the ids, by address.
[[nodiscard]] std::vector<topology::PciFunction> read_functions(const KernelTree& tree);

} // namespace usbroute::observe
