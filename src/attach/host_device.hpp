// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/guest_usb.hpp"
#include "topology/snapshot.hpp"

#include <compare>
#include <cstdint>
#include <optional>

namespace usbroute::attach {

/// One device from its plug to its unplug: the kernel gives another number at each plug, and uses one again only after all
/// others of that bus (drivers/usb/core/hub.c, choose_devnum).
struct HostDevice {
    topology::PortPath path;
    std::uint8_t number = 0;
    auto operator<=>(const HostDevice&) const = default;
};

/// "usbroute-3-2.1-7": the object by which a guest has this device. It says which one it is for, so that nothing has to be
/// remembered over a restart of the daemon, and an object whose device is gone is known by its name.
[[nodiscard]] ObjectId object_for(const HostDevice& device);
/// "usbroute-3-2.1": an object that waits for whatever comes into this port.
[[nodiscard]] ObjectId waiting_object_for(const topology::PortPath& port);

/// What an object of ours is for.
struct Meant {
    topology::PortPath path;
    std::optional<std::uint8_t> number; ///< nothing: it waits at this port
    bool operator==(const Meant&) const = default;
};
/// Nothing: the object is not one of these.
[[nodiscard]] std::optional<Meant> meant_by(std::string_view id);

} // namespace usbroute::attach
