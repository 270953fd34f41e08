// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "diagnose/findings.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Whole controllers that a guest can have, tried by planning their handover on the same machine.
namespace usbroute::diagnose {

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

/// For a machine without the mux: what can be given to a guest whole, and how.
[[nodiscard]] std::string instead_of_a_mux(const Examination& examination);
/// The way out of a group that cannot go: another controller, if one can go, or a slot.
[[nodiscard]] std::string instead_of_a_group(const Examination& examination);
/// Why these cannot be given to one guest; empty: they can.
[[nodiscard]] std::string why_not_together(const Examination& examination,
                                           const std::vector<const chips::PciFunction*>& functions);

/// "xHCI", by the class of a function that drives USB.
[[nodiscard]] std::string_view kind_of(const chips::PciFunction& function);
/// Bridges stay with the host whatever their group is given to.
[[nodiscard]] bool is_bridge(const chips::PciFunction& function);

} // namespace usbroute::diagnose
