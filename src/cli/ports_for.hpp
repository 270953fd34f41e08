// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "observe/scan.hpp"
#include "topology/halves.hpp"

#include <algorithm>

namespace usbroute::cli {

/// What belongs to whom takes the ports of hubs only where hubs have names or a socket has one half: they tell which two halves are
/// one hub or one socket.
[[nodiscard]] inline observe::Ports ports_for(const config::Settings& settings)
{
    const bool pairs_matter =
        !settings.hubs.empty() ||
        std::ranges::any_of(settings.connectors, topology::names_one_half, &config::ConnectorSettings::spec);
    return pairs_matter ? observe::Ports::read : observe::Ports::skip;
}

} // namespace usbroute::cli
