// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "diagnose/findings.hpp"

#include <string>
#include <vector>

/// What a person can do next, tried by planning on the same machine: a command is only named where it leads there.
namespace usbroute::diagnose {

/// What hands a guest its controllers, or why nothing does now.
struct WayToBind {
    bool leads = false;  ///< `text` is a command that is planned without a refusal
    bool is_free = true; ///< and the host can do without what goes; else `text` says what it is
    std::string text;
    std::string command = {}; ///< alone
};
[[nodiscard]] WayToBind way_to_bind(const Examination& examination, const config::GuestSettings& guest);

/// USB controllers that can only be given away together, and without anything else of the machine.
struct WholeControllers {
    std::vector<const chips::PciFunction*> functions;
    bool has_keyboard = false;
    std::string why_not = {}; ///< what the host would lose, and what to do about it; empty: nothing
    std::string cost =
        {}; ///< what it loses otherwise, "takes the default route (eth1) with it"; empty: nothing

    /// "0000:00:1a.0 (EHCI)", "0000:00:1d.0, 0000:00:1d.1 and 0000:00:1d.7 together"
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::string text_with_keyboard() const;
};
/// Those that are in groups of their own, tried by planning their handover; those that cost the host least first. Not the
/// mux's.
[[nodiscard]] std::vector<WholeControllers> whole_controllers(const Examination& examination);

/// What shows a person that sockets are moved: of those without a mux the first that can go to a guest now.
struct FirstMove {
    std::string
        command; ///< "usbroute move rear-1 --to windows"; empty: none can go, or all are at guests already
    std::string
        sentence; ///< "rear-1 can be given to windows", or that it cannot, and why; empty: all are at guests
    std::string remedy = {}; ///< what to do about what keeps it
};
[[nodiscard]] FirstMove first_move(const Examination& examination);

/// For a machine without the mux: what can be given to a guest whole, and how.
[[nodiscard]] std::string instead_of_a_mux(const Examination& examination);
/// The way out of a group that cannot go: another controller, if one can go, or a slot.
[[nodiscard]] std::string instead_of_a_group(const Examination& examination);
/// Why these cannot be given to one guest; empty: they can.
[[nodiscard]] std::string why_not_together(const Examination& examination,
                                           const std::vector<const chips::PciFunction*>& functions);

/// What switches SuperSpeed on again for a socket each: "usbroute move left --to host".
[[nodiscard]] std::vector<std::string> ways_to_superspeed(const Examination& examination, std::uint32_t off);

/// What is missing for an IOMMU, and whether that is certain.
struct IommuAdvice {
    std::string remedy;
    bool inferred = true;
};
/// Whether AMD made the processor; else Intel did, by the vendor of the bridge to the host.
[[nodiscard]] bool is_amds(const Examination& examination);
[[nodiscard]] IommuAdvice how_to_get_an_iommu(const Examination& examination);

/// "xHCI", by the class of a function that drives USB.
[[nodiscard]] std::string_view kind_of(const chips::PciFunction& function);
/// Bridges stay with the host whatever their group is given to.
[[nodiscard]] bool is_bridge(const chips::PciFunction& function);

} // namespace usbroute::diagnose
