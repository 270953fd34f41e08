// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/shells.hpp"

#include <algorithm>

namespace usbroute::attach {

namespace {

/// A filter by port waits for whatever comes there.
bool is_for_one_plug(const HostObject& object)
{
    return object.host_bus != 0 && object.host_address != 0 && object.host_port.empty();
}

} // namespace

std::vector<Having> shells_of_others(const Seen& seen)
{
    const auto is_there = [&](const HostObject& object) {
        return std::ranges::any_of(seen.devices, [&](const SeenDevice& one) {
            return object.host_bus == one.device.path.bus() && object.host_address == one.device.number;
        });
    };
    std::vector<Having> shells;
    for (const auto& guest : seen.guests) {
        if (!guest.usb) continue;
        for (const auto& object : guest.usb->host_objects)
            if (!meant_by(object.id) && is_for_one_plug(object) && !is_there(object))
                shells.push_back({.guest = &guest, .object = &object});
    }
    return shells;
}

} // namespace usbroute::attach
