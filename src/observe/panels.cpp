// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/panels.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace usbroute::observe {

std::map<topology::PortPath, std::string> read_panels(const KernelTree& tree,
                                                      const topology::Snapshot& snapshot)
{
    constexpr std::array<std::string_view, 6> known{"top", "bottom", "left", "right", "front", "back"};
    std::map<topology::PortPath, std::string> panels;
    for (const auto& hub : snapshot.ports)
        for (const auto& port : *hub) {
            if (port.place.ports().size() != 1) continue;
            const auto bus = port.place.bus();
            auto text = tree.read(
                format("sys/bus/usb/devices/usb{0}/{0}-0:1.0/usb{0}-port{1}/physical_location/panel", bus,
                       port.place.ports().front()),
                attribute_limit);
            if (!text) continue;
            const auto word = std::string(trim(*text));
            if (std::ranges::find(known, word) != known.end()) panels.emplace(port.place, word);
        }
    return panels;
}

} // namespace usbroute::observe
