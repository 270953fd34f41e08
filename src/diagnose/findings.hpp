// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "diagnose/diagnosis.hpp"
#include "plan/board.hpp"
#include "route/mux.hpp"

#include <string>

namespace usbroute::diagnose {

/// A diagnosis in the making: the facts, what follows from them, and what was found so far.
struct Examination {
    const Facts& facts;
    chips::Chipset chipset;
    std::string guest_sign; ///< empty: this machine is no guest itself
    plan::Board board;
    std::vector<Finding> findings;
    bool attaches = false;       ///< no mux, but sockets whose devices can be given to a guest one by one
    bool a_bind_is_next = false; ///< a guest's controllers can go to it now, and the host can do without them

    [[nodiscard]] bool has_mux() const { return chipset.family != nullptr; }
    [[nodiscard]] bool moves_sockets() const { return has_mux() || attaches; }
    /// A board that can never move a socket has one obstacle; what prevents moves elsewhere is a warning there.
    [[nodiscard]] Severity obstacle() const { return has_mux() ? Severity::obstacle : Severity::warning; }
    void add(Finding finding) { findings.push_back(std::move(finding)); }
};

/// Whether this machine has sockets that are the host's own, and whose devices a guest's QEMU can be given. Not where there is a
/// mux, inside a virtual machine, and under Xen, which has no KVM.
[[nodiscard]] bool can_attach(const Facts& facts, const chips::Chipset& chipset,
                              const std::string& guest_sign);

/// What a user does whom the daemon's socket keeps out.
[[nodiscard]] std::string how_to_be_let_in(const Facts& facts);

/// Bits that may move and have an EHCI on the bus to go to.
[[nodiscard]] std::uint32_t usable_bits(const route::Mux& mux);

// What is looked at, in the order in which obstacles have to be removed.
void examine_chipset(Examination& examination);
void examine_devices(Examination& examination);
void examine_registers(Examination& examination);
void examine_sides(Examination& examination);
void examine_rights(Examination& examination);
void examine_iommu(Examination& examination);
void examine_guests(Examination& examination);
void examine_others(Examination& examination);
void examine_configuration(Examination& examination);
void examine_attaching(Examination& examination);
void examine_daemon(Examination& examination);

} // namespace usbroute::diagnose
