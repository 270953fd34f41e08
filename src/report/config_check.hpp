// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/parse.hpp"
#include "config/settings.hpp"
#include "report/views.hpp"
#include "topology/snapshot.hpp"

#include <string>
#include <vector>

namespace usbroute::report {

/// What `config check` has to say about a configuration that is right in itself.
struct ConfigCheck {
    int schema = report::schema;
    std::vector<std::string> files; ///< that were there
    int connectors = 0;
    int guests = 0;
    int profiles = 0;
    int listeners = 0;
    bool machine_was_seen = false; ///< false: no USB controller here, so nothing could be compared
    struct Misfit {
        std::string origin; ///< "usbroute.toml:12:3"
        std::string message;
        bool is_of_reach = false; ///< by `plan::out_of_reach`, which the doctor asks itself
    };
    std::vector<Misfit> misfits;  ///< where it does not fit this machine
    std::vector<Misfit> warnings; ///< what is allowed, and hardly meant
};

[[nodiscard]] ConfigCheck check_config(const config::Settings& settings, const topology::Snapshot& snapshot,
                                       std::vector<std::string> files);

} // namespace usbroute::report
