// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "plan/panels.hpp"
#include "report/views.hpp"

#include <string>
#include <vector>

/// What `usbroute wait` waits for. Pure.
namespace usbroute::report {

/// The sockets that have a name, and their panels.
[[nodiscard]] std::vector<plan::OnPanel> panels_in(const StatusView& view);

/// Why what is in these sockets is not with whom they are for, a sentence each; empty: all of it is. No name: all sockets that have
/// one. An error where there is no such socket.
[[nodiscard]] Result<std::vector<std::string>> not_there_yet(const StatusView& view,
                                                             const std::vector<std::string>& names);

/// Why this guest had better not be started yet, a sentence each; empty: it may. Its controllers have to be on vfio-pci, and these
/// sockets have to be its own. What they hold is given to it when it runs.
[[nodiscard]] Result<std::vector<std::string>> not_ready_for(const StatusView& view,
                                                             const config::GuestSettings& guest,
                                                             const std::vector<std::string>& names);

} // namespace usbroute::report
