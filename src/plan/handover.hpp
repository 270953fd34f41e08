// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "plan/board.hpp"
#include "plan/plan.hpp"
#include "topology/handover.hpp"
#include "topology/host_use.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// Giving the controllers of a guest to vfio-pci, and back to the host.
namespace usbroute::plan {

/// All that this decision may look at.
struct HandoverSituation {
    const topology::Snapshot& snapshot;
    const topology::HandoverLook& look;
    const config::Settings& settings;
    const topology::HostUse& use;
    const topology::HolderLook& holders;
};

/// Connectors that go to another side before, so that what is in them stays with the host.
struct MoveBefore {
    topology::Side to = topology::Side::xhci;
    std::vector<ConnectorName> connectors;
    bool operator==(const MoveBefore&) const = default;
};

/// What the host loses, in the words for people.
struct Leaving {
    std::string from; ///< the connector; the controller where that is not known
    std::vector<std::string> devices;
    bool operator==(const Leaving&) const = default;
};

/// A plan that gives controllers away or takes them back, and what a person has to know of it before.
struct Handover {
    Plan plan; ///< one `assign::Rebind` for each function that changes hands
    GuestName guest;
    std::vector<MoveBefore> moves;                   ///< to be made, and looked at, before anything else
    std::vector<PciAddress> already;                 ///< were as wished
    std::vector<Leaving> leaving = {};               ///< what is plugged in and goes with the controllers
    std::vector<topology::CarriedRoute> routes = {}; ///< to other machines, that go with it

    [[nodiscard]] std::vector<const assign::Rebind*> rebinds() const;
    /// The functions of its steps, each once.
    [[nodiscard]] std::vector<PciAddress> changed() const;
};

/// The function that a step of a handover is about.
[[nodiscard]] PciAddress function_of(const Action& action);

using HandoverOutcome = std::variant<Handover, Refusal>;

struct BindRequest {
    GuestName guest;
    bool yes = false;        ///< also the host's last keyboard
    bool move_first = false; ///< connectors on the controllers go to the other side before
};

[[nodiscard]] HandoverOutcome plan_bind(const HandoverSituation& situation, const BindRequest& request);
/// The same, without a remedy for groups: for whoever looks for one.
[[nodiscard]] HandoverOutcome plan_bind_plainly(const HandoverSituation& situation,
                                                const BindRequest& request);
[[nodiscard]] HandoverOutcome plan_release(const HandoverSituation& situation, const GuestName& guest);

/// Why a function of the same IOMMU group keeps the group from being given to that guest; empty: it does not.
///
/// VFIO wants every function of a group on a driver that leaves DMA to the guest, or on none; bridges are exempt
/// (drivers/vfio/vfio_main.c; drivers/iommu/iommu.c, `iommu_device_use_default_domain`).
[[nodiscard]] std::string why_in_the_way(const chips::PciFunction& member, const config::GuestSettings& guest,
                                         const config::Settings& settings);

/// What speaks against the way a guest's controllers are chosen; nothing stands in its way.
[[nodiscard]] std::vector<std::string> advice_for(const Board& board, const config::GuestSettings& guest);

/// The connectors that can be routed to, or always belong to, this controller.
[[nodiscard]] std::vector<const topology::Connector*> connectors_within_reach(const Board& board,
                                                                              const PciAddress& controller);

} // namespace usbroute::plan
