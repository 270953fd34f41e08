// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "observe/scan.hpp"

namespace usbroute::cli {

/// What belongs to whom takes the ports of hubs only where hubs have names: they tell which two halves are one hub.
[[nodiscard]] inline observe::Ports ports_for(const config::Settings& settings)
{
    return settings.hubs.empty() ? observe::Ports::skip : observe::Ports::read;
}

} // namespace usbroute::cli
