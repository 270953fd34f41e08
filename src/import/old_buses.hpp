// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "import/found.hpp"
#include "topology/snapshot.hpp"

#include <map>
#include <optional>
#include <string>

namespace usbroute::import_ {

/// A bus of the time when a file was written, and what tells it.
struct OldBus {
    PciAddress controller; ///< as it is called now
    std::optional<bool> superspeed;
    Origin told;     ///< the line that tells it
    std::string how; ///< "by the PCI address in its path"
    bool is_disputed = false;
};
/// What the lines of one file tell of its bus numbers besides themselves: by PCI addresses, by USBGuard's hashes, by a device that is
/// expected at a place and is at the same ports of another bus.
using OldBuses = std::map<std::uint16_t, OldBus>;
[[nodiscard]] OldBuses old_buses_of(const topology::Snapshot& snapshot, const Found& found);

/// The controller that a file's way to it means now.
struct WayNow {
    const topology::PciController* controller = nullptr; ///< null: `why_not` says why
    std::string why_not;
    bool has_moved = false; ///< at another address than the file has
};
[[nodiscard]] WayNow controller_of_way(const topology::Snapshot& snapshot, const ToldSocket& socket);
/// Which half of a controller's sockets is on a bus of today.
[[nodiscard]] std::optional<bool> half_on(const topology::PciController& controller, std::uint16_t bus);

} // namespace usbroute::import_
