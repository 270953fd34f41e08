// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "daemon/listeners.hpp"
#include "daemon/own_nodes.hpp"
#include "daemon/own_user.hpp"
#include "linux/locations.hpp"
#include "linux/register_files.hpp"

#include <list>

namespace usbroute::daemon {

/// What needs root is opened, and root is left behind; all that comes later does without. `nodes` is told whether system calls
/// are filtered from here on. An error: this process has to end.
[[nodiscard]] Result<void> leave_root(const OwnUser& own, const linux_::Locations& locations,
                                      const config::Settings& settings, linux_::RegisterFiles& registers,
                                      std::list<OpenedBefore>& sockets, OwnNodes& nodes);

} // namespace usbroute::daemon
