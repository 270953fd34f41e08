// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "linux/locations.hpp"
#include "map/mapping.hpp"
#include "observe/hints.hpp"

namespace usbroute::wizard {

/// Moves a connector to its twin, sees where its device comes, and moves it back. What must not move (the only
/// keyboard, a disk in use) is refused by the planner as always; signals wait until the connector is back.
[[nodiscard]] Result<map::TwinCheck> check_twin(const linux_::Locations& where,
                                                const config::Settings& settings, const ConnectorName& name,
                                                observe::HintSource& hints);

} // namespace usbroute::wizard
