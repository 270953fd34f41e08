// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "chips/chipset.hpp"
#include "observe/kernel_tree.hpp"

#include <vector>

namespace usbroute::observe {

/// Every function of the PCI bus of which the kernel tells the ids, by address.
[[nodiscard]] std::vector<chips::PciFunction> read_functions(const KernelTree& tree);

} // namespace usbroute::observe
