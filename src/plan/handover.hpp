// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "plan/board.hpp"
#include "topology/handover.hpp"
#include "topology/host_use.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// Giving the controllers of a guest to vfio-pci, and back to the host: decided here, purely; carried out by
/// apply/handover.hpp.
namespace usbroute::plan {

/// All that this decision may look at.
struct HandoverSituation {
    const topology::Snapshot& snapshot;
    const topology::HandoverLook& look;
    const config::Settings& settings;
    const topology::HostUse& use;
    const topology::HolderLook& holders;
};

enum class BindingAction : std::uint8_t {
    force,  ///< driver_override: which driver alone may take the function, or any again
    unbind, ///< from the driver that has it
    probe,  ///< the kernel looks for a driver
};

/// One write to a file of sysfs.
struct BindingStep {
    BindingAction action = BindingAction::probe;
    std::string file; ///< below the root, without a leading slash
    std::string text; ///< what is written
    std::string reason;
    bool operator==(const BindingStep&) const = default;
};

/// The command that does the same as a step, for people: "echo vfio-pci > /sys/...".
[[nodiscard]] std::string shell_line(const BindingStep& step);

// The files behind a handover (Documentation/ABI/testing/sysfs-bus-pci), below the root.
[[nodiscard]] std::string override_file(const PciAddress& function);
[[nodiscard]] std::string unbind_file(std::string_view driver);
[[nodiscard]] std::string bind_file(std::string_view driver);
inline constexpr std::string_view probe_file = "sys/bus/pci/drivers_probe";

/// One controller that changes hands.
struct FunctionHandover {
    PciAddress function;
    std::string driver_before;   ///< empty: none
    std::string override_before; ///< empty: none
    std::string override_after;  ///< empty: none
    std::string driver_after;    ///< empty: any of the host's
    std::vector<BindingStep> steps;

    /// Whether `driver` is what this was to come to.
    [[nodiscard]] bool is_done_with(std::string_view driver) const;
    bool operator==(const FunctionHandover&) const = default;
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

/// Ordered writes with reasons. Valid for one look at the machine only.
struct Handover {
    std::string title; ///< "give 0000:00:1d.0 to windows"
    GuestName guest;
    std::vector<MoveBefore> moves;                   ///< to be made, and looked at, before anything else
    std::vector<FunctionHandover> functions;         ///< empty: everything is as wished already
    std::vector<PciAddress> already;                 ///< were as wished
    std::vector<Leaving> leaving = {};               ///< what is plugged in and goes with the controllers
    std::vector<topology::CarriedRoute> routes = {}; ///< to other machines, that go with it
    std::vector<std::string> warnings;
};

/// "no", with nothing touched.
struct HandoverRefusal {
    std::string code; ///< a stable word for scripts, "group-shared"
    ErrorKind kind = ErrorKind::refused;
    std::string sentence;              ///< one sentence without the remedy
    std::vector<std::string> evidence; ///< what says so
    std::string remedy;
    bool operator==(const HandoverRefusal&) const = default;
};

[[nodiscard]] Error error_from(const HandoverRefusal& refusal);

using HandoverOutcome = std::variant<Handover, HandoverRefusal>;

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
