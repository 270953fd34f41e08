// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace usbroute::topology {

/// A name that the kernel lists, and the number of its directory entry. What comes later under the same name has another
/// number. 0: not told.
struct Listed {
    std::string name;
    std::uint64_t number = 0;
    auto operator<=>(const Listed&) const = default;
};

/// What the kernel listed when a look began. Costs three directories, and tells whether anything has come or gone since.
struct Census {
    std::vector<Listed> functions; ///< of the PCI bus
    std::vector<Listed> usb;       ///< devices and interfaces, "3-1" and "3-1:1.0"
    std::vector<Listed> blocks;    ///< block devices of every kind, partitions among them
    bool operator==(const Census&) const = default;
};

} // namespace usbroute::topology
