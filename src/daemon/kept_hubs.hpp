// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "linux/locations.hpp"
#include "linux/notify.hpp"
#include "linux/unique_fd.hpp"
#include "vmm/claimed_ports.hpp"

#include <string_view>
#include <vector>

namespace usbroute::daemon {

/// Under which the nodes of hubs lie with the service manager.
inline constexpr std::string_view name_of_kept_hubs = "usbroute-hub";

/// The hubs at whose ports sockets are that can be given, open; with the claims of an earlier start where those were `inherited`. What
/// is opened here is left with the service manager before anything is claimed, so that the claims, which are made later, last as
/// long as the file there, over a restart too. Nothing without a service manager, or where there is nothing to give.
///
/// Before the filter of system calls, and for the hubs that are there now: what is claimed at a hub that comes later ends with the
/// process. What cannot be opened is left to whoever claims.
[[nodiscard]] std::vector<vmm::KeptHub> keep_hubs(const linux_::Locations& locations,
                                                  const config::Settings& settings,
                                                  linux_::ServiceManager& manager,
                                                  std::vector<linux_::UniqueFd> inherited);

} // namespace usbroute::daemon
