// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "topology/connector.hpp"
#include "topology/snapshot.hpp"
#include "topology/usb_place.hpp"

#include <optional>
#include <string>
#include <vector>

namespace usbroute::topology {

/// A hub that somebody has given a name: it is known by what it is, wherever its cable goes.
struct HubSpec {
    HubName name;
    UsbIds id;                        ///< of its USB 2 half
    std::string serial = {};          ///< as its USB 2 half has it; empty: any
    std::optional<ToldPlace> at = {}; ///< where it is plugged in, to tell two of one model apart
    bool operator==(const HubSpec&) const = default;
};

/// "desk (2109:2813)"
[[nodiscard]] std::string shown(const HubSpec& hub);

/// Such a hub as one snapshot shows it.
struct NamedHub {
    HubSpec spec;
    std::optional<PortPath> usb2;       ///< where its USB 2 half is; nothing: `why_not` says why
    std::optional<PortPath> superspeed; ///< of a USB 3 hub, as far as it is known which one it is
    std::string why_not = {};           ///< one short sentence: it is not plugged in, or two could be meant
};

/// The one hub that is meant; where two could be, neither is. `pairs` are connectors, of which those with both halves say
/// which SuperSpeed port belongs to which USB 2 port; the kernel's word (`peer`) counts where they say nothing.
[[nodiscard]] NamedHub look_for(const Snapshot& snapshot, const HubSpec& hub,
                                const std::vector<ConnectorSpec>& pairs);

/// Completes a connector that is a port of hubs of a name: its place is below theirs, or it has none now.
void put_on_hubs(Connector& connector, const Snapshot& snapshot, const std::vector<NamedHub>& hubs);

} // namespace usbroute::topology
