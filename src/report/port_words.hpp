// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "route/mux.hpp"
#include "topology/connector.hpp"

#include <optional>
#include <string>

namespace usbroute::report {

/// "#1.4": port 4 of EHCI #1; empty where there is none.
[[nodiscard]] std::string words_for(const std::optional<chips::EhciPort>& port);

/// What to tell about EHCIs that the chipset has and the bus has not; empty where all are there.
[[nodiscard]] std::string words_for_hidden_ehcis(const route::Mux& mux);

} // namespace usbroute::report
