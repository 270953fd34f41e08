// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "plan/change.hpp"
#include "topology/snapshot.hpp"

#include <chrono>
#include <string>

namespace usbroute::report {

/// Where the sockets of a change go if it is taken back: "rear-1, rear-2 go back to host; front-1 goes back to windows".
[[nodiscard]] std::string way_back(const plan::Change& way, const topology::Snapshot& snapshot,
                                   const config::Settings& settings);

/// "rear-1 goes back to host in 23 s unless confirmed", or "rear-1 goes back to host as soon as possible unless confirmed; ..." where its time is
/// over and something prevents it. `way` as above.
[[nodiscard]] std::string trial_sentence(const std::string& way, std::chrono::seconds left,
                                         const std::string& why_out = {});

/// The same with the command that confirms.
[[nodiscard]] std::string trial_line(const std::string& way, std::chrono::seconds left,
                                     const std::string& why_out);

} // namespace usbroute::report
