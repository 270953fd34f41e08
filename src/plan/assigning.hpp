// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "assign/in_guest.hpp"
#include "plan/handover.hpp"

/// Whole controllers into a guest that runs, and out of it again. Each is a handover (plan/handover.hpp) with the guest's part
/// before or after it.
namespace usbroute::plan {

/// Binds what the guest does not have yet, and puts it on a free root port of each. All that a giving to a guest that does not run
/// is refused for, this is.
[[nodiscard]] HandoverOutcome plan_assign(const HandoverSituation& situation, const BindRequest& request,
                                          const assign::InGuest& seen);

/// Takes out of the guest what usbroute has put there, all of it before any of it is bound to the host's drivers. Of a guest that
/// does not run this is a release.
[[nodiscard]] HandoverOutcome plan_unassign(const HandoverSituation& situation, const GuestName& guest,
                                            const assign::InGuest& seen);

/// What gives a guest empty root ports, in the form of QEMU's -device, and of libvirt's definition.
[[nodiscard]] std::vector<std::string> root_ports_for_qemu(std::size_t count);
/// That a guest has fewer empty ones than it needs, and the lines for the rest.
[[nodiscard]] std::string words_for_root_ports(const GuestName& guest, bool is_of_libvirt,
                                               const assign::InGuest& seen, std::size_t wanted);
inline constexpr std::string_view root_port_of_libvirt = "<controller type='pci' model='pcie-root-port'/>";

} // namespace usbroute::plan
