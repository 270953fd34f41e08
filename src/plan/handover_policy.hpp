// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/departure.hpp"
#include "plan/handover.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::plan {

/// A giving in the making: who the guest is, what changes hands, what steps aside before.
struct Giving {
    const HandoverSituation& situation;
    const BindRequest& request;
    const config::GuestSettings& guest;
    Board board;
    std::vector<const topology::PciController*> controllers; ///< those that are not on vfio-pci yet
    std::vector<MoveBefore> moves;
    std::vector<const topology::Connector*> moved;

    /// Whether the host loses what is plugged in there.
    [[nodiscard]] bool loses(const topology::PortPath& place) const;
    /// All that it loses, by connector.
    [[nodiscard]] std::vector<Departure> departures() const;
    /// Whether every controller is a guest's afterwards, or nobody's.
    [[nodiscard]] bool leaves_no_controller() const;
};

[[nodiscard]] bool gets(const config::GuestSettings& guest, const PciAddress& address);

/// Chooses the connectors that step aside: all on those controllers that the host keeps on the other side.
void choose_moves(Giving& giving);

// Each says "no" or nothing.

[[nodiscard]] std::optional<Refusal> check_there(const HandoverSituation& situation,
                                                 const PciAddress& address);
/// What may be wrong with one controller that is to be given, in the order in which it has to be put right.
[[nodiscard]] std::optional<Refusal> check_controller(const HandoverSituation& situation,
                                                      const config::GuestSettings& guest,
                                                      const PciAddress& address);
/// The host keeps a keyboard, unless the request says yes.
[[nodiscard]] std::optional<Refusal> check_keyboards(const Giving& giving);
/// No disk that the host uses goes.
[[nodiscard]] std::optional<Refusal> check_disks(const Giving& giving);
/// What is in a connector on these controllers, and not what is expected there.
[[nodiscard]] std::optional<Refusal> check_expected(const Giving& giving);
/// The connectors that step aside may go there: what a move of them would be refused for, this is.
[[nodiscard]] std::optional<Refusal> check_moves(const Giving& giving);
/// Nobody has a group open that is to be taken back: vfio-pci would wait for him without end
/// (drivers/vfio/vfio_main.c, `vfio_unregister_group_dev`).
[[nodiscard]] std::optional<Refusal> check_holders(const HandoverSituation& situation,
                                                   const config::GuestSettings& guest);

} // namespace usbroute::plan
