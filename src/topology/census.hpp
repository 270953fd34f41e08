// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/shared_list.hpp"
#include "topology/by_bus.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::topology {

/// A name that the kernel lists, and the number of its directory entry. What comes later under the same name has another
/// number. 0: not told.
struct Listed {
    std::string name;
    std::uint64_t number = 0;
    auto operator<=>(const Listed&) const = default;
};

/// What only one of two lists has. Lists of the same directory: the kernel gives its entries in an order of its own, which
/// stays the same for as long as nothing comes or goes, so only what is between the first and the last difference is sorted.
[[nodiscard]] std::vector<Listed> difference(const std::vector<Listed>& before,
                                             const std::vector<Listed>& now);

/// The bus of "3-1", "3-1:1.0" and "usb3". 0: of none.
[[nodiscard]] std::uint16_t bus_of(std::string_view name);

/// What the kernel listed when a look began, in its order. Costs three directories, and tells whether anything has come or gone since.
/// After a look at some places, what stands there is from before those were read, and the rest is from before the earlier look.
struct Census {
    SharedList<Listed> functions; ///< of the PCI bus
    ByBus<Listed> usb;            ///< devices and interfaces, "3-1" and "3-1:1.0"
    SharedList<Listed> blocks;    ///< block devices of every kind, partitions among them

    /// Whether both have the same, in whatever order.
    [[nodiscard]] bool is_as(const Census& other) const;
};

/// What the kernel lists of the USB, by bus.
[[nodiscard]] ByBus<Listed> listed_by_bus(std::vector<Listed> listed);

} // namespace usbroute::topology
