// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "import/old_buses.hpp"
#include "topology/usb_place.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace usbroute::import_ {

/// One place of this machine that a socket of a file means.
struct PlaceNow {
    topology::UsbPlace place;
    std::vector<std::pair<Weight, std::string>> remarks;
};
/// Or why it has none.
using PlacesNow = std::variant<std::vector<PlaceNow>, std::string>;
/// `expected` is the device that the file says is there.
[[nodiscard]] PlacesNow places_now(const topology::Snapshot& snapshot, const OldBuses& old,
                                   const ToldSocket& socket, const std::optional<ToldDevice>& expected);

/// The places that a socket's pattern fits.
[[nodiscard]] PlacesNow places_by_pattern(const topology::Snapshot& snapshot, const ToldSocket& socket);
/// What a text that begins alike would have taken, too: "1-1" is in "1-10". Empty: nothing.
[[nodiscard]] std::string also_taken(const topology::Snapshot& snapshot, const topology::UsbPlace& place,
                                     const ToldSocket& socket);

} // namespace usbroute::import_
