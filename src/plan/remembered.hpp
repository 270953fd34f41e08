// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "topology/key.hpp"
#include "topology/snapshot.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What somebody has said of sockets that no mux reaches and of devices, as text that holds after the next boot: without numbers of
/// buses, and without addresses where there is a way to the controller.
namespace usbroute::plan {

/// One line for each: "socket rear-1 windows", "device 046d:c31c+0815 host", "device-at 046d:c31c host 00:01.2/00.0 5". What belongs to
/// no connector of the configuration is left out.
[[nodiscard]] std::vector<std::string> lines_of(const std::vector<topology::Placed>& assigned,
                                                const topology::Snapshot& snapshot,
                                                const config::Settings& settings);
/// The same on the machine as it is now. Lines that are none, or whose connector, guest or controller is not there, say nothing.
[[nodiscard]] std::vector<topology::Placed> placed_by(std::span<const std::string> lines,
                                                      const topology::Snapshot& snapshot,
                                                      const config::Settings& settings);

} // namespace usbroute::plan
